import { describe, expect, it } from "vitest";
import { streamAddress } from "./stream-address.js";

const http = { base: "http://cams.example/wall/", isHttps: false };
const https = { base: "https://cams.example/wall/", isHttps: true };
const file = { base: "file:///home/me/wall.html", isHttps: false };

describe("the address of a stream", () => {
  it("may be relative, or that of a page", () => {
    expect(streamAddress("/streams/a/ws", http)).toBe("ws://cams.example/streams/a/ws");
    expect(streamAddress("../streams/a/ws?token=t", https)).toBe("wss://cams.example/streams/a/ws?token=t");
    expect(streamAddress("http://10.0.0.2:8264/streams/a/ws", file)).toBe("ws://10.0.0.2:8264/streams/a/ws");
    expect(streamAddress("wss://b.example/streams/a/ws", http)).toBe("wss://b.example/streams/a/ws");
  });

  it("is encrypted on a page of https, except on this machine", () => {
    for (const src of ["ws://10.0.0.2:8264/streams/a/ws", "http://localhost.example/streams/a/ws"])
      expect(() => streamAddress(src, https), src).toThrow("may not open ws://");
    for (const host of ["localhost", "cam.localhost", "127.0.0.1", "127.9.0.1:8264", "[::1]:8264"])
      expect(streamAddress(`http://${host}/streams/a/ws`, https)).toBe(`ws://${host}/streams/a/ws`);
  });

  it.each(["rtsp", "rtmp", "srt", "udp", "tcp", "unix"])("is none that only a server opens: %s", (scheme) => {
    expect(() => streamAddress(`${scheme}://admin:geheim@door:554/x`, https)).toThrow(
      `A browser cannot open ${scheme}:// addresses: let the server fetch the stream (nalive serve --source`,
    );
    expect(() => streamAddress(`${scheme}://admin:geheim@door:554/x`, http)).not.toThrow("geheim");
  });

  it("is said to be wrong in words for people", () => {
    expect(() => streamAddress("/streams/a/ws", file)).toThrow("this page (file:) comes from no server");
    for (const src of ["http://", "ws://:8264/x", "http://a b/"])
      expect(() => streamAddress(src, http), src).toThrow("src is no address: expected one such as ws://");
  });
});

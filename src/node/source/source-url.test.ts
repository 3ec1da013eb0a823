import { describe, expect, it } from "vitest";
import { openSource } from "./open-source.js";
import { parseSourceUrl, sourceExamples } from "./source-url.js";

const message = (url: string): string => {
  try {
    parseSourceUrl(url);
  } catch (error) {
    expect(error).toMatchObject({ code: "NALIVE_INVALID_SOURCE" });
    return (error as Error).message;
  }
  throw new Error(`${url} was understood`);
};

describe("parseSourceUrl", () => {
  it("parses its own examples", () => {
    const schemes = sourceExamples.map((url) => parseSourceUrl(url).scheme);
    expect(schemes).toEqual("file stdin tcp tcp udp ws ws unix exec test ffmpeg".split(" "));
  });

  it.each([
    ["tcp://cam:5000", { scheme: "tcp", at: { listen: false, host: "cam", port: 5000 } }],
    ["tcp://user:pw@cam:5000/", { scheme: "tcp", at: { listen: false, host: "cam", port: 5000 } }],
    ["tcp://[::1]:5000", { scheme: "tcp", at: { listen: false, host: "::1", port: 5000 } }],
    ["tcp://:0?listen", { scheme: "tcp", at: { listen: true, host: undefined, port: 0, takeover: false } }],
    [
      "tcp://*:5?listen=1&takeover=true",
      { scheme: "tcp", at: { listen: true, host: undefined, port: 5, takeover: true } },
    ],
    ["udp://@:5000", { scheme: "udp", host: undefined, port: 5000, receiveBufferBytes: 4194304 }],
    [
      "udp://239.0.0.1:5000?rcvbuf=8M&interface=10.0.0.1",
      { host: "239.0.0.1", receiveBufferBytes: 8388608, multicastInterface: "10.0.0.1" },
    ],
    ["ws://cam/live?token=x", { scheme: "ws", at: { listen: false } }],
    [
      "ws://0.0.0.0:8080?listen",
      { scheme: "ws", at: { listen: true, host: "0.0.0.0", port: 8080, path: "/" } },
    ],
    ["unix:/run/a%20b.sock?listen", { scheme: "unix", path: "/run/a b.sock", listen: true }],
    ["exec:cat 'a?b' | x", { scheme: "exec", command: "cat 'a?b' | x" }],
    ["file:///a%20b.h264?fps=25&loop", { scheme: "file", path: "/a b.h264", fps: 25, loop: true }],
    ["file:clip.h264", { scheme: "file", path: "clip.h264", fps: undefined, loop: false }],
    ["what?.h264", { scheme: "file", path: "what?.h264" }],
    ["C:\\clips\\a.h264", { scheme: "file", path: "C:\\clips\\a.h264" }],
    ["./odd:name.h264", { scheme: "file", path: "./odd:name.h264" }],
    ["clip.MP4", { scheme: "ffmpeg", url: "clip.MP4", container: true }],
    ["file:/videos/clip.mkv", { scheme: "ffmpeg", url: "/videos/clip.mkv", container: true }],
    ["rtp.sdp", { scheme: "ffmpeg", url: "rtp.sdp", container: false }],
    ["rtsp://u:p@cam/1?x=2", { scheme: "ffmpeg", url: "rtsp://u:p@cam/1?x=2", container: false }],
    [
      "test:",
      { scheme: "test", settings: { width: 1280, height: 720, fps: 30, gop: 60, bFrames: 0, pace: true } },
    ],
    [
      "test:?size=640x480&bitrate=2M&pace=false&frames=9",
      { settings: { width: 640, height: 480, bitrate: 2e6, pace: false, frames: 9 } },
    ],
  ])("parses %s", (url, expected) => {
    expect(parseSourceUrl(url)).toMatchObject(expected);
  });

  it.each([
    ["", /is empty: expected one such as clip\.h264/],
    ["tcp://host", /has no port: expected one, as in tcp:\/\/192/],
    ["tcp://host:", /has no port/],
    ["tcp://host:99999", /port "99999" is not a number from 1 to 65535/],
    ["tcp://host:0", /not a number from 1/],
    ["tcp://host:5000x", /port "5000x"/],
    ["tcp:host:5000", /expected \/\/ after the colon/],
    ["tcp://:5000", /names no host to connect to.*add \?listen/],
    ["tcp://h:5000?lisen", /option "lisen" is not known: expected listen, takeover/],
    ["tcp://h:5000?listen=maybe", /expected true or false/],
    ["tcp://h:5000?listen&listen", /given twice/],
    ["tcp://h:5000?takeover", /needs the option listen/],
    ["tcp://h:5000/path", /has no path/],
    ["tcp://fe80::1:5000", /Write an IPv6 address in brackets/],
    ["udp://:5000?rcvbuf=lots", /"rcvbuf" is "lots", expected a whole number.*4M/],
    ["udp://:5000?buffer=1", /option "buffer" is not known: expected rcvbuf, interface/],
    ["ws://0.0.0.0:80/x?listen&y=1", /option "y" is not known/],
    ["wss://0.0.0.0:80/x?listen", /TLS/],
    ["unix:", /expected a path/],
    ["exec:", /names no command/],
    ["test:?size=63x63", /two even numbers from 64/],
    ["test:?size=big", /as in 1280x720/],
    ["test:?colour=red", /option "colour" is not known: expected size, fps/],
    ["foo://bar", /"foo:" is not a kind of source: expected an address such as/],
    ["camera:0", /Write a file with a colon in its name as \.\/camera:/],
    ["rtsp://", /names no host$/],
    ["file:clip.mp4?loop", /for raw H\.264 files/],
    ["file:a%zz", /two hexadecimal digits/],
  ])("says what is wrong with %s", (url, expected) => {
    expect(message(url)).toMatch(expected);
  });

  it.each([
    ["localhost:5000", "tcp://localhost:5000"],
    ["tcp:h:5000", "tcp://h:5000"],
    ["tcp:/h:5000?listen", "tcp://h:5000?listen"],
    ["tcp:///h:5000", "tcp://h:5000"],
    ["udp:\\\\h:5000", "udp://h:5000"],
    ["udp:5000", "udp://:5000"],
    ["tpc://h:5000", "tcp://h:5000"],
    ["upd://:5000", "udp://:5000"],
    ["tcp4://h:5000", "tcp://h:5000"],
    ["rstp://cam/1", "rtsp://cam/1"],
    ["rtsp:/cam/1", "rtsp://cam/1"],
    ["rtsp:///cam/1", "rtsp://cam/1"],
    ["htp://cam/1", "http://cam/1"],
    ["tset:?size=64x64", "test:?size=64x64"],
    ["exce:camera", "exec:camera"],
    ["pipe:0", "-"],
    ["tcp://0.0.0.0:5000&listen", "tcp://0.0.0.0:5000?listen"],
    ["tcp://h:5000?lisen", "listen"],
    ["test:?sise=64x64", "size"],
  ])("asks of %s whether %s was meant", (url, meant) => {
    expect(message(url)).toMatch(/\. Did you mean [^?]+\?(?:[^?]+\?)?$/);
    expect(message(url).split("Did you mean ")[1]).toBe(`${meant}?`);
  });

  it("asks only about addresses that it understands", () => {
    for (const url of ["tcp:/h", "rtsp:", "tcp:5000", "foo://h:5000", "udp:/h:x"])
      expect(message(url)).not.toContain("Did you mean");
  });

  it("shows no password", () => {
    for (const url of [
      "tcp://user:secret@host",
      "tcp://user:secret@host:5000/path",
      "udp://user:secret@host:5000/path",
    ])
      expect(message(url)).not.toContain("secret");
    expect(openSource("rtsp://user:secret@cam/live?key=secret").name).toBe("rtsp://cam/live?…");
    expect(openSource("exec:ffmpeg -i rtsp://user:secret@cam/ -f h264 -").name).toBe(
      "exec:ffmpeg -i rtsp://cam/ -f h264 -",
    );
  });

  it("rejects file options for other sources", () => {
    expect(() => openSource("tcp://a:1", { live: { fps: 30 } })).toThrow(/expected a raw H\.264 file/);
    expect(() => openSource("a.mp4", { loop: true })).toThrow(/expected a raw H\.264 file/);
    expect(() => openSource("a.h264", { live: { fps: 0 } })).toThrow(/more than 0/);
  });
});

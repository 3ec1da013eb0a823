import { describe, expect, it } from "vitest";
import { parseTargetUrl, targetExamples } from "./target-url.js";

const message = (url: string): string => {
  try {
    parseTargetUrl(url);
  } catch (error) {
    expect(error).toMatchObject({ code: "NALIVE_INVALID_SOURCE" });
    return (error as Error).message;
  }
  throw new Error(`${url} was understood`);
};

describe("parseTargetUrl", () => {
  it.each(["copy.h264", "./nowhere", "out/copy", "C:\\copy"])("takes %s for a file", (path) => {
    expect(parseTargetUrl(path)).toEqual({ scheme: "file", path });
  });

  it("parses its own examples", () => {
    expect(targetExamples.map((url) => parseTargetUrl(url).scheme)).toEqual(
      "tcp tcp udp ws ws unix file stdout".split(" "),
    );
  });

  it.each([
    ["", /is empty/],
    ["udp://:5000", /names no host to send to/],
    ["udp://h:5000?datagram=9", /from 64 to 65507/],
    ["tcp://h", /has no port/],
    ["rtsp://h/x", /"rtsp:" is not a kind of target/],
    ["nowhere", /is neither an address nor a file with an extension.*send to \.\/nowhere/],
    ["192.168.1.20", /is neither an address nor a file/],
    ["127.0.0.1:5000", /Did you mean tcp:\/\/127\.0\.0\.1:5000\?/],
    ["upd://h:5000", /Did you mean udp:\/\/h:5000\?/],
    ["tcp//h:5000", /Did you mean tcp:\/\/h:5000\?/],
    ["tcp:h:5000", /Did you mean tcp:\/\/h:5000\?/],
  ])("says what is wrong with %s", (url, expected) => {
    expect(message(url)).toMatch(expected);
  });
});

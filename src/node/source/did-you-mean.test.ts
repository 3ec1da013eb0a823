import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressMeant, didYouMean, nearestWord } from "./did-you-mean.js";

const options = ["listen", "takeover", "rcvbuf", "interface"];
const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");

describe("nearestWord", () => {
  it("finds a word in which one letter was left out, added, changed or swapped", () => {
    const mistake = fc.constantFrom("left out", "added", "changed", "swapped");
    const word = fc.constantFrom(...options);
    fc.assert(
      fc.property(word, fc.nat(), mistake, letter, (meant, any, kind, other) => {
        const at = any % (meant.length - 1);
        const [before, here, next, after] = [
          meant.slice(0, at),
          meant[at],
          meant[at + 1],
          meant.slice(at + 2),
        ];
        const wrong = {
          "left out": before + next + after,
          added: before + other + here + next + after,
          changed: before + other + next + after,
          swapped: before + next + here + after,
        }[kind];
        expect(nearestWord(wrong, options)).toBe(meant);
      }),
    );
  });

  it("ignores case", () => {
    expect(nearestWord("LISTEN", options)).toBe("listen");
    expect(nearestWord("clip.h264", ["Clip.H264"])).toBe("Clip.H264");
  });

  it("prefers the word with fewer mistakes", () => {
    expect(nearestWord("rtsp", ["rtmp", "rtsps", "rtsp"])).toBe("rtsp");
  });

  it.each(["", "x", "colour", "listening", "list"])("finds none near %j", (word) => {
    expect(nearestWord(word, options)).toBeUndefined();
  });

  it("allows one mistake in a short word", () => {
    expect(nearestWord("upd", ["udp"])).toBe("udp");
    expect(nearestWord("abc", ["udp", "tcp"])).toBeUndefined();
  });
});

describe("addressMeant", () => {
  it.each([
    "clip.h264",
    "README.md",
    "C:\\clips\\a.h264",
    "a//b",
    "test//clip.h264",
    "foo://bar",
    "tcp://h:5000",
    "rtsp://cam/1",
    "-",
  ])("leaves %s as it is", (text) => {
    expect(addressMeant(text)).toBeUndefined();
  });

  it.each([
    ["[::1]:5000", "tcp://[::1]:5000"],
    ["tcp//h:5000", "tcp://h:5000"],
    ["tcp;//h:5000", "tcp://h:5000"],
    ["test", "test:"],
    ["stdin:", "-"],
  ])("takes %s for %s", (text, meant) => {
    expect(addressMeant(text)).toBe(meant);
  });
});

it("didYouMean asks only if something was meant", () => {
  expect(didYouMean("test:")).toBe(". Did you mean test:?");
  expect(didYouMean(undefined)).toBe("");
});

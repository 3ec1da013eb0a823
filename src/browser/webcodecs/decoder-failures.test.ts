import { describe, expect, it } from "vitest";
import { DecoderFailures } from "./decoder-failures.js";

const at = (picture: number, group = 0) => ({ picture, group });

describe("the remedy for a failure of the browser's decoder", () => {
  it("reopens a decoder that fails once per group of pictures, however often", () => {
    const failures = new DecoderFailures();
    for (let group = 0; group < 1000; group += 10) {
      expect(failures.judge(at(group + 5, group), true)).toBe("open-again");
      failures.worked();
    }
  });

  it("replaces a decoder that fails twice in a group while there is another kind", () => {
    const failures = new DecoderFailures();
    failures.judge(at(5), true);
    failures.worked();
    expect(failures.judge(at(7), true)).toBe("replace");
  });

  it("replaces a decoder that outputs no picture between failures in unknown places", () => {
    const failures = new DecoderFailures();
    const unknown = { picture: undefined, group: undefined };
    const remedies = [1, 2, 3].map(() => failures.judge(unknown, true));
    expect(remedies).toEqual(["open-again", "open-again", "replace"]);
  });

  it("leaves a picture at which the last kind fails twice, or at which the previous kind failed too", () => {
    const alone = new DecoderFailures();
    expect([alone.judge(at(5), false), alone.judge(at(5), false)]).toEqual(["open-again", "leave-picture"]);
    const second = new DecoderFailures();
    expect([second.judge(at(5), true), second.judge(at(5), true)]).toEqual(["open-again", "replace"]);
    second.begin();
    expect(second.judge(at(5), false)).toBe("leave-picture");
  });

  it("gives the last kind more chances at later pictures of a group, which may last an hour", () => {
    const failures = new DecoderFailures();
    for (let picture = 0; picture < 100; picture++) {
      expect(failures.judge(at(picture), false)).toBe("open-again");
      failures.worked();
    }
  });

  it("replaces even the last kind when it outputs nothing", () => {
    const failures = new DecoderFailures();
    const remedies = [0, 30, 60].map((group) => failures.judge(at(group, group), false));
    expect(remedies).toEqual(["open-again", "open-again", "replace"]);
  });
});

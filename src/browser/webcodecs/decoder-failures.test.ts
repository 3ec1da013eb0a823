import { describe, expect, it } from "vitest";
import { DecoderFailures } from "./decoder-failures.js";

const at = (picture: number, group = 0) => ({ picture, group });

describe("what helps against a failure of the browser's decoder", () => {
  it("opens a decoder again that fails once in a group of pictures, however often", () => {
    const failures = new DecoderFailures();
    for (let group = 0; group < 1000; group += 10) {
      expect(failures.judge(at(group + 5, group), true)).toBe("open-again");
      failures.worked();
    }
  });

  it("replaces one that fails twice in a group while there is another kind", () => {
    const failures = new DecoderFailures();
    failures.judge(at(5), true);
    failures.worked();
    expect(failures.judge(at(7), true)).toBe("replace");
  });

  it("replaces one that gives out no picture between its failures, where nothing is known of their place", () => {
    const failures = new DecoderFailures();
    const unknown = { picture: undefined, group: undefined };
    const remedies = [1, 2, 3].map(() => failures.judge(unknown, true));
    expect(remedies).toEqual(["open-again", "open-again", "replace"]);
  });

  it("takes a picture at which the last kind fails twice for damaged, and one at which the kind before failed as well at once", () => {
    const alone = new DecoderFailures();
    expect([alone.judge(at(5), false), alone.judge(at(5), false)]).toEqual(["open-again", "leave-picture"]);
    const second = new DecoderFailures();
    expect([second.judge(at(5), true), second.judge(at(5), true)]).toEqual(["open-again", "replace"]);
    second.begin();
    expect(second.judge(at(5), false)).toBe("leave-picture");
  });

  it("gives the last kind its chances at the next pictures of a group, which may be an hour long", () => {
    const failures = new DecoderFailures();
    for (let picture = 0; picture < 100; picture++) {
      expect(failures.judge(at(picture), false)).toBe("open-again");
      failures.worked();
    }
  });

  it("replaces the last kind too when nothing comes out of it", () => {
    const failures = new DecoderFailures();
    const remedies = [0, 30, 60].map((group) => failures.judge(at(group, group), false));
    expect(remedies).toEqual(["open-again", "open-again", "replace"]);
  });
});

import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../test/support/fake-clock.js";
import type { IssueCode } from "../../core/issues.js";
import { KeyFrameRequests } from "./key-frame-requests.js";

function requests() {
  const clock = new FakeClock();
  const asked: IssueCode[] = [];
  return { clock, asked, requests: new KeyFrameRequests(clock, (reason) => asked.push(reason)) };
}

describe("KeyFrameRequests", () => {
  it("asks at once, and then at a bounded rate however many pictures are held back", () => {
    const { clock, asked, requests: keyFrames } = requests();
    for (let ms = 0; ms < 60_000; ms++) {
      keyFrames.noteIssue("held-back");
      if (ms === 0) expect(asked).toEqual(["held-back"]);
      clock.advance(1);
    }
    // At 0, 0.5, 1.5, 3.5, 7.5 s, then every 8 s.
    expect(asked).toHaveLength(11);
  });

  it("asks promptly again once a picture was shown, but never twice within half a second", () => {
    const { clock, asked, requests: keyFrames } = requests();
    for (let second = 0; second < 20; second++) {
      keyFrames.noteIssue("held-back");
      keyFrames.notePicture();
      clock.advance(250);
    }
    expect(asked).toHaveLength(10);
  });

  it("does not ask when a key frame would not help", () => {
    const { asked, requests: keyFrames } = requests();
    for (const code of ["damaged-picture", "leading-picture", "late-picture", "wrong-picture-end"] as const)
      keyFrames.noteIssue(code);
    expect(asked).toEqual([]);
  });
});

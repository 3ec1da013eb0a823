import { describe, expect, it } from "vitest";
import { type AccessUnitSyntax, accessUnit } from "../../../../test/support/h264/access-units.js";
import { IssueCounter } from "../../../core/issues.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import { PictureIssues } from "./picture-issues.js";
import { WholePictures } from "./whole-pictures.js";

/** Says of each picture whether it may be shown. */
class Viewer {
  readonly issues = new IssueCounter();
  readonly whole = new WholePictures(new PictureIssues(this.issues));
  #sequence = 0;
  last!: AccessUnit;

  admit(...units: AccessUnitSyntax[]): boolean[] {
    return units.map((unit) => {
      this.last = accessUnit({ ...unit, sequence: this.#sequence++ });
      return this.whole.admit(this.last) === "whole";
    });
  }

  get codes(): string[] {
    return this.issues.list().map(({ code }) => code);
  }
}

const idr: AccessUnitSyntax = { picture: { idr: true } };
/** A reference picture; counts in output order go up with frame_num. */
const p = (frameNum: number, rest: AccessUnitSyntax = {}): AccessUnitSyntax => ({
  ...rest,
  picture: { frameNum: frameNum % 16, pictureOrderCount: frameNum * 2, ...rest.picture },
});
const b = (frameNum: number, pictureOrderCount = frameNum * 2 - 1): AccessUnitSyntax =>
  p(frameNum, { picture: { reference: false, type: "B", pictureOrderCount } });
const i = (frameNum: number): AccessUnitSyntax => p(frameNum, { picture: { type: "I" } });
const recoveryPoint = (frameNum: number, recoveryFrameCount = 0): AccessUnitSyntax =>
  p(frameNum, { randomAccess: "recovery-point", recoveryFrameCount });

describe("WholePictures: where showing begins", () => {
  it("at an IDR picture, not before", () => {
    const viewer = new Viewer();
    expect(viewer.whole.isWaiting).toBe(true);
    expect(viewer.admit(p(5), p(6), idr, p(1), p(2))).toEqual([false, false, true, true, true]);
    expect(viewer.issues.list()).toMatchObject([{ code: "before-random-access-point", count: 2 }]);
    expect(viewer.whole.isWaiting).toBe(false);
  });

  it("at a recovery point, after as many frames as it says", () => {
    const viewer = new Viewer();
    expect(viewer.admit(recoveryPoint(3), p(4))).toEqual([true, true]);

    const gradual = new Viewer();
    expect(gradual.admit(recoveryPoint(3, 2), p(4), b(5), p(5), p(6))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(gradual.codes).toEqual(["held-back"]);
  });

  it("counts two fields as one frame on the way to the recovery point", () => {
    const field = (frameNum: number, secondField: boolean): AccessUnitSyntax =>
      p(frameNum, { picture: { structure: secondField ? "bottom-field" : "top-field", secondField } });
    const viewer = new Viewer();
    const start = { ...recoveryPoint(3, 1), picture: { ...field(3, false).picture } };
    expect(viewer.admit(start, field(3, true), field(4, false), field(4, true))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it("an IDR picture on the way to the recovery point ends the wait", () => {
    const viewer = new Viewer();
    expect(viewer.admit(recoveryPoint(3, 9), p(4), idr, p(1))).toEqual([false, false, true, true]);
  });

  it("without pictures that precede it in output order: they refer to pictures that never came", () => {
    const viewer = new Viewer();
    expect(viewer.admit(recoveryPoint(3), b(4, 4), b(4, 5), p(4), b(5, 7))).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
    expect(viewer.codes).toEqual(["leading-picture"]);
  });

  it("at a bare I picture, if the stream has shown nothing better", () => {
    const viewer = new Viewer();
    expect(viewer.admit(p(4), i(5), p(6))).toEqual([false, true, true]);
  });
});

describe("WholePictures: a gap in frame_num (7.4.3)", () => {
  it("holds back what follows, up to the next random access point", () => {
    const viewer = new Viewer();
    expect(viewer.admit(idr, p(1), p(3), p(4), recoveryPoint(5), p(6))).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
    expect(viewer.issues.list()).toMatchObject([
      { code: "frame-num-gap", count: 1, detail: "frame_num went from 1 to 3: a reference picture is lost" },
      { code: "held-back", count: 2 },
    ]);
  });

  it("is none where the SPS allows it", () => {
    const viewer = new Viewer();
    const allowed = { format: { gapsInFrameNumAllowed: true } };
    expect(viewer.admit({ ...idr, ...allowed }, p(2, allowed), p(5, allowed))).toEqual([true, true, true]);
    expect(viewer.codes).toEqual([]);
  });

  it("is none where frame_num wraps", () => {
    const viewer = new Viewer();
    const pictures = Array.from({ length: 40 }, (_, index) => p(index + 1));
    expect(viewer.admit(idr, ...pictures)).toEqual(Array(41).fill(true));
  });

  it("is none between non-reference pictures, which share the next reference picture's frame_num", () => {
    const viewer = new Viewer();
    expect(viewer.admit(idr, p(1), b(2), b(2), p(2), b(3), p(3))).toEqual(Array(7).fill(true));
  });

  it("is none between the fields of a pair", () => {
    const viewer = new Viewer();
    const second = p(0, { picture: { structure: "bottom-field", secondField: true } });
    expect(viewer.admit({ ...idr, picture: { idr: true, structure: "top-field" } }, second, p(1))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("is none after memory_management_control_operation 5, where frame_num restarts", () => {
    const viewer = new Viewer();
    expect(viewer.admit(idr, p(1), p(2, { picture: { startsOrder: true } }), p(1))).toEqual(
      Array(4).fill(true),
    );
  });

  it("is none after a start without IDR picture either, where frame_num restarts too", () => {
    const viewer = new Viewer();
    const anew = p(5, { picture: { startsOrder: true, pictureOrderCount: 0 } });
    expect(viewer.admit(recoveryPoint(3), p(4), anew, p(1), p(2))).toEqual(Array(5).fill(true));
  });

  it("is found at a non-reference picture, and not again at the reference picture after it", () => {
    const viewer = new Viewer();
    expect(viewer.admit(idr, p(1), b(4), p(4), idr)).toEqual([true, true, false, false, true]);
    expect(viewer.issues.count("frame-num-gap")).toBe(1);
  });
});

describe("WholePictures: after a loss", () => {
  it("that a discontinuity reports, showing resumes at the next random access point", () => {
    const viewer = new Viewer();
    expect(viewer.admit(idr, p(1), p(2, { discontinuity: true }), p(3), idr, p(1))).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
  });

  it("an IDR picture needs nothing that was lost", () => {
    const viewer = new Viewer();
    expect(viewer.admit(idr, p(1), { ...idr, discontinuity: true })).toEqual([true, true, true]);
  });

  it("a bare I picture is no start while better ones may come: later pictures may refer to lost ones", () => {
    const viewer = new Viewer();
    expect(viewer.admit(idr, p(1), p(3), i(4), p(5), idr)).toEqual([true, true, false, false, false, true]);
  });

  it("a bare I picture is a start when there is room for one reference picture only", () => {
    const viewer = new Viewer();
    const one = { format: { maxReferenceFrames: 1 } };
    const units = [{ ...idr, ...one }, p(1, one), p(3, one), { ...i(4), ...one }, p(5, one)];
    expect(viewer.admit(...units)).toEqual([true, true, false, true, true]);
    // One that nothing refers to leaves the one before it where it is.
    const idle = { ...i(8), ...one, picture: { ...i(8).picture, reference: false } };
    expect(viewer.admit(p(7, one), idle, p(8, one))).toEqual([false, false, false]);
  });

  it("a broken picture holds back what refers to it, and nothing when nothing does", () => {
    const viewer = new Viewer();
    expect(viewer.admit(idr, p(1), { ...b(2), broken: true }, p(2), p(3))).toEqual([
      true,
      true,
      false,
      true,
      true,
    ]);
    expect(viewer.admit(p(4, { broken: true }), p(5), { ...idr, broken: true }, p(1), idr, p(1))).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(viewer.issues.count("damaged-picture")).toBe(3);
  });

  it("a bare I picture is a start when nothing better has come for long", () => {
    const viewer = new Viewer();
    viewer.admit(idr, ...Array.from({ length: 350 }, (_, index) => p(index + 1)));
    expect(viewer.admit(p(353), i(354), p(355))).toEqual([false, true, true]);
  });

  it("a damaged picture holds back what follows", () => {
    const viewer = new Viewer();
    viewer.admit(idr, p(1));
    viewer.whole.damaged(viewer.last);
    expect(viewer.whole.isWaiting).toBe(true);
    expect(viewer.admit(p(2), b(3), idr)).toEqual([false, false, true]);
  });

  it("reset forgets what came before", () => {
    const viewer = new Viewer();
    viewer.admit(idr, p(1));
    viewer.whole.reset();
    expect(viewer.admit(p(2))).toEqual([false]);
    expect(viewer.admit(idr, p(1))).toEqual([true, true]);
    expect(viewer.issues.count("frame-num-gap")).toBe(0);
  });
});

it("does not start at a bare I picture when the stream has shown better starts, even to an earlier decoder", () => {
  const startsAt = (sinceMarkedStart?: number) =>
    new WholePictures(new PictureIssues(new IssueCounter()), undefined, sinceMarkedStart).admit(
      accessUnit(i(3)),
    );
  expect(startsAt()).toBe("whole");
  expect(startsAt(5)).toBe("waiting");
  expect(startsAt(400)).toBe("whole");
});

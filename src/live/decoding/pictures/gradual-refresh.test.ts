import { describe, expect, it } from "vitest";
import { annexB, concat } from "../../../../test/support/bytes.js";
import {
  parameterSets,
  type SliceSyntax,
  type StreamSyntax,
  sliceNal,
} from "../../../../test/support/h264/coded-picture.js";
import { IssueCounter } from "../../../core/issues.js";
import { microseconds } from "../../../core/time.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import { receiveAccessUnits } from "../../../h264/access-units/receive-access-units.js";
import { GradualRefresh } from "./gradual-refresh.js";

/** Access units of one slice each, of a stream that keeps two reference frames. */
function pictures(slices: readonly SliceSyntax[], stream: StreamSyntax = {}): AccessUnit[] {
  const twoReferences = { ...stream, sps: { maxNumRefFrames: 2, ...stream.sps } };
  const units: AccessUnit[] = [];
  const sink = { push: (unit: AccessUnit) => void units.push(unit), close: () => undefined };
  const clock = { now: () => microseconds(0), startTimer: () => () => {} };
  const { input } = receiveAccessUnits(sink, clock, new IssueCounter(), { isLive: false });
  const nals = slices.map((slice, index) =>
    sliceNal({ frameNum: index + 3, picOrderCntLsb: index * 2, ...slice }, twoReferences),
  );
  const data = concat(annexB(...parameterSets(twoReferences)), annexB(...nals));
  input.push({ data, receivedAt: microseconds(0), framing: "none" });
  input.close();
  return units;
}

const p: SliceSyntax = { type: "P" };
const i: SliceSyntax = { type: "I" };
const b: SliceSyntax = { type: "B", nalRefIdc: 0 };

/**
 * The verdicts on pictures that were decoded alike (1) or not (0): the start of a round, whether
 * whole, whether over.
 */
function follow(slices: readonly SliceSyntax[], alike: readonly (0 | 1)[], stream?: StreamSyntax) {
  const refresh = new GradualRefresh();
  return pictures(slices, stream).map((unit, index) => {
    const { start } = refresh.prepare(unit);
    const isWhole = refresh.judge(unit, alike[index] === 1);
    return [start, isWhole ? "whole" : "not", refresh.isOver ? "over" : ""].join(" ").trim();
  });
}

describe("GradualRefresh", () => {
  it("is over once all pictures in the decoded picture buffer are alike since an I picture", () => {
    expect(follow([p, i, p, p], [0, 1, 1, 1])).toEqual([
      "all not",
      "all whole",
      "none whole over",
      "none whole over",
    ]);
  });

  it("shows nothing of a first round in which the loop filter may hide something", () => {
    expect(follow([p, p, p, p, p, p], [0, 1, 1, 0, 1, 1])).toEqual([
      "all not",
      "none not",
      "none not",
      "others not",
      "none whole",
      "none whole over",
    ]);
  });

  it("is over when an I picture follows one that is not alike, but not when a picture with references does", () => {
    expect(follow([p, i, p, i, p], [0, 1, 0, 1, 1])).toEqual([
      "all not",
      "all whole",
      "none not",
      "all whole",
      "none whole over",
    ]);
  });

  it("does not restart at each picture of a stream of I pictures", () => {
    expect(follow([i, i, i], [1, 1, 1])).toEqual(["all whole", "none whole over", "none whole over"]);
  });

  it("trusts no B picture while made-up references remain: its lists are in picture order", () => {
    expect(follow([i, b, p, b], [1, 1, 1, 1])).toEqual([
      "all whole",
      "none not",
      "none whole over",
      "none whole over",
    ]);
  });

  it.each<[string, SliceSyntax, StreamSyntax]>([
    ["fields", { field: "top" }, { sps: { frameMbsOnly: false } }],
    ["frames that may have fields", p, { sps: { frameMbsOnly: false } }],
    ["B pictures that others refer to", { type: "B", nalRefIdc: 1 }, {}],
    ["reference pictures that the stream marks itself", { mmco5: true }, {}],
  ])("does not follow %s, nor what comes after them in that stream", (_, slice, stream) => {
    const refresh = new GradualRefresh();
    const [odd, plain] = pictures([slice, slice.field ? { ...p, field: "bottom", frameNum: 3 } : p], stream);
    expect(refresh.canFollow(odd!)).toBe(false);
    expect(refresh.canFollow(plain!)).toBe(false);
  });

  it("pauses after several rounds without a result, and not after one that is over", () => {
    const refresh = new GradualRefresh();
    const units = pictures(Array.from({ length: 200 }, () => p));
    const started: number[] = [];
    for (const unit of units) {
      if (!refresh.canFollow(unit)) continue;
      started.push(unit.sequence);
      refresh.prepare(unit);
      refresh.judge(unit, false);
      refresh.stop();
    }
    expect(started).toEqual([0, 1, 2, 3, 4, 6, 10, 18, 34, 66, 130]);

    const other = new GradualRefresh();
    for (const [index, unit] of units.entries()) {
      expect(other.canFollow(unit)).toBe(true);
      other.prepare(unit);
      other.judge(unit, index % 3 > 0 || index === 0);
      if (index % 9 === 8) other.stop();
    }
  });
});

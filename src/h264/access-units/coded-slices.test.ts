import { describe, expect, it } from "vitest";
import { type SliceSyntax, type StreamSyntax, sliceNal } from "../../../test/support/h264/coded-picture.js";
import { nalUnit, ppsNal, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { ParameterSets } from "../syntax/parameter-sets.js";
import { parseSliceHeader, type SliceHeader } from "../syntax/slice-header.js";
import { CodedSlices } from "./coded-slices.js";
import { PictureTracker } from "./picture-tracker.js";

function headers(stream: StreamSyntax, ...slices: readonly SliceSyntax[]): SliceHeader[] {
  const sets = new ParameterSets();
  for (const set of [spsNal(stream.sps), ppsNal(stream.pps)]) sets.put(nalUnit(set));
  return slices.map((slice) => parseSliceHeader(nalUnit(sliceNal(slice, stream)), sets));
}

/** The slices of one picture. */
function picture(...slices: readonly SliceHeader[]): CodedSlices {
  const [first, ...others] = slices as [SliceHeader, ...SliceHeader[]];
  const coded = new CodedSlices(first, new PictureTracker().track(first, false));
  for (const slice of others) coded.add(slice);
  return coded;
}

const at = (firstMbInSlice: number, rest: SliceSyntax = {}): SliceSyntax => ({ firstMbInSlice, ...rest });

describe("the picture that slices make", () => {
  it.each<[string, SliceSyntax["type"][]]>([
    ["I", ["I", "I"]],
    ["P", ["I", "P", "I"]],
    ["B", ["P", "B"]],
    ["B", ["B", "I"]],
  ])("is %s, the most general type of %j", (type, types) => {
    const slices = headers({}, ...types.map((each, index) => at(index * 10, { type: each!, nalRefIdc: 2 })));
    expect(picture(...slices).codedPicture()).toMatchObject({ type, sliceCount: types.length });
  });

  it("has no unsupported feature if its slices come in order", () => {
    const coded = picture(...headers({}, at(0), at(100), at(200))).codedPicture();
    expect(coded).not.toHaveProperty("unsupported");
  });

  it.each<[string, StreamSyntax, SliceSyntax[]]>([
    ["flexible macroblock ordering", { pps: { sliceGroups: (w) => w.ue(1, 0, 10, 10) } }, [at(0)]],
    ["arbitrary slice order", {}, [at(100), at(0)]],
    ["SP and SI slices", {}, [at(0), at(100, { type: "SP" })]],
    ["data partitioning", {}, [at(0, { nalUnitType: 2 })]],
  ])("names %s, which FFmpeg lacks", (feature, stream, slices) => {
    expect(picture(...headers(stream, ...slices)).codedPicture().unsupported).toContain(feature);
  });
});

describe("a slice belongs to the next picture (7.4.1.2.4)", () => {
  const endsBefore = (stream: StreamSyntax, slice: SliceSyntax, ...before: readonly SliceSyntax[]) => {
    const all = headers(stream, ...before, slice);
    return picture(...all.slice(0, -1)).endBefore(all.at(-1)!);
  };

  it("if its header differs from that of the first slice", () => {
    expect(endsBefore({}, at(100, { frameNum: 2 }), at(0, { frameNum: 1 }))).toBe(true);
    expect(endsBefore({}, at(100, { frameNum: 1 }), at(0, { frameNum: 1 }))).toBe(false);
  });

  it("if macroblock 0 comes a second time, although an encoder repeats frame_num", () => {
    expect(endsBefore({}, at(0), at(0), at(100))).toBe(true);
    expect(endsBefore({}, at(0), at(100))).toBe(false);
  });

  it("but not if it is of a redundant coded picture", () => {
    const stream = { pps: { redundantPicCnt: true } };
    expect(endsBefore(stream, at(0, { redundantPicCnt: 1 }), at(0))).toBe(false);
  });

  it("but not if macroblock 0 is that of another colour plane", () => {
    const stream: StreamSyntax = {
      sps: { profileIdc: 244, format: (w) => w.ue(3).flag(true).ue(0, 0).flag(false, false) },
    };
    const plane = (colourPlane: 0 | 1 | 2) => at(0, { colourPlane });
    expect(endsBefore(stream, plane(2), plane(0), plane(1))).toBe(false);
    expect(endsBefore(stream, plane(1), plane(0), plane(1))).toBe(true);
  });
});

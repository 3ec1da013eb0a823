import { describe, expect, it } from "vitest";
import { type SliceSyntax, type StreamSyntax, sliceNal } from "../../../test/support/h264/coded-picture.js";
import { nalUnit, ppsNal, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { ParameterSets } from "../syntax/parameter-sets.js";
import { parseSliceHeader } from "../syntax/slice-header.js";
import { PictureTracker } from "./picture-tracker.js";

/** Tracks pictures, each given by its first slice. */
function track(stream: StreamSyntax, ...pictures: readonly SliceSyntax[]) {
  const sets = new ParameterSets();
  for (const set of [spsNal(stream.sps), ppsNal(stream.pps)]) sets.put(nalUnit(set));
  const tracker = new PictureTracker();
  return pictures.map((slice) =>
    tracker.track(parseSliceHeader(nalUnit(sliceNal(slice, stream)), sets), false),
  );
}

const interlaced: StreamSyntax = { sps: { frameMbsOnly: false } };
const top = (rest: SliceSyntax = {}): SliceSyntax => ({ field: "top", ...rest });
const bottom = (rest: SliceSyntax = {}): SliceSyntax => ({ field: "bottom", ...rest });
/** For each picture, whether it is the second field of a frame. */
const secondFields = (...pictures: readonly SliceSyntax[]) =>
  track(interlaced, ...pictures).map(({ secondField }) => secondField);

describe("PictureTracker", () => {
  it("says what the first slice header says of a picture", () => {
    const pictures = track(
      {},
      { idr: true },
      { frameNum: 1, picOrderCntLsb: 4 },
      { type: "B", frameNum: 2, picOrderCntLsb: 2 },
    );
    expect(pictures).toMatchObject([
      { structure: "frame", idr: true, reference: true, frameNum: 0, pictureOrderCount: 0 },
      { structure: "frame", idr: false, reference: true, frameNum: 1, pictureOrderCount: 4 },
      { structure: "frame", idr: false, reference: false, frameNum: 2, pictureOrderCount: 2 },
    ]);
    expect(pictures.every(({ secondField, startsOrder }) => !secondField && !startsOrder)).toBe(true);
  });

  it("counts on past the wrap of pic_order_cnt_lsb (8.2.1.1)", () => {
    const lsbs = [0, 6, 12, 2, 8];
    const pictures = track(
      {},
      ...lsbs.map((picOrderCntLsb, index) => ({ idr: index === 0, frameNum: index, picOrderCntLsb })),
    );
    expect(pictures.map(({ pictureOrderCount }) => pictureOrderCount)).toEqual([0, 6, 12, 18, 24]);
  });

  it("starts order at memory_management_control_operation 5 (8.2.1)", () => {
    const [, marked, after] = track(
      {},
      { idr: true },
      { frameNum: 1, picOrderCntLsb: 8, mmco5: true },
      { frameNum: 1, picOrderCntLsb: 2 },
    );
    expect(marked).toMatchObject({ startsOrder: true, pictureOrderCount: 0 });
    expect(after).toMatchObject({ startsOrder: false, pictureOrderCount: 2 });
  });

  it("names the parity of fields", () => {
    const pictures = track(interlaced, top({ idr: true }), bottom(), { frameNum: 1 });
    expect(pictures.map(({ structure }) => structure)).toEqual(["top-field", "bottom-field", "frame"]);
  });
});

describe("two fields are a pair (3.30, 3.31, 7.4.1.2.4)", () => {
  it.each<[string, SliceSyntax, SliceSyntax]>([
    ["of opposite parity and the same frame_num", top(), bottom()],
    ["with the bottom field first", bottom(), top()],
    ["of an IDR picture and one that is none", top({ idr: true }), bottom()],
    ["that are no references", top({ nalRefIdc: 0 }), bottom({ nalRefIdc: 0 })],
    ["of a reference and one that is none", top(), bottom({ nalRefIdc: 0 })],
  ])("%s", (_what, first, second) => {
    expect(secondFields(first, second)).toEqual([false, true]);
  });

  it.each<[string, SliceSyntax, SliceSyntax]>([
    ["of the same parity", top(), top()],
    ["of another frame_num", top(), bottom({ frameNum: 1 })],
    ["of which the second is an IDR picture", top(), bottom({ idr: true })],
    ["of which only the second is a reference", top({ nalRefIdc: 0 }), bottom()],
    ["of which one is a frame", top(), {}],
  ])("but not %s", (_what, first, second) => {
    expect(secondFields(first, second)).toEqual([false, false]);
  });

  it("but a third field begins the next one", () => {
    expect(secondFields(top(), bottom(), top(), bottom())).toEqual([false, true, false, true]);
  });

  it("but not across a field that stands alone, or a reset", () => {
    expect(secondFields(top(), top({ frameNum: 1 }), bottom({ frameNum: 1 }))).toEqual([false, false, true]);
    const sets = new ParameterSets();
    for (const set of [spsNal(interlaced.sps), ppsNal()]) sets.put(nalUnit(set));
    const header = (slice: SliceSyntax) => parseSliceHeader(nalUnit(sliceNal(slice, interlaced)), sets);
    const tracker = new PictureTracker();
    tracker.track(header(top()), false);
    tracker.reset();
    expect(tracker.track(header(bottom()), false).secondField).toBe(false);
  });
});

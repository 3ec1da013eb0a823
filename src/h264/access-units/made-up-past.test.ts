import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { nalUnit, type SpsSyntax, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { splitAnnexB } from "../annex-b.js";
import { SliceDataCheck } from "../slice-data/slice-data-check.js";
import { ParameterSets } from "../syntax/parameter-sets.js";
import { parseSequenceParameterSet } from "../syntax/sequence-parameter-set.js";
import { parseSliceHeader, type SliceHeader } from "../syntax/slice-header.js";
import { canMakeUpPast, madeUpPast } from "./made-up-past.js";

interface Written {
  readonly header: SliceHeader;
  readonly isWhole: boolean;
}

/** The pictures made up before a P picture with this frame_num, as a decoder reads them. */
function made(syntax: SpsSyntax, frameNum: number, shade = 128): Written[] {
  const sps = spsNal(syntax);
  const sets = new ParameterSets();
  const header = { sps: parseSequenceParameterSet(sps), frameNum } as SliceHeader;
  const check = new SliceDataCheck(true);
  return madeUpPast(header, sps, shade).map((picture) => {
    const nals = splitAnnexB(picture);
    const slice = nals.pop()!;
    for (const set of nals) sets.put(nalUnit(set));
    const { type, refIdc } = nalUnit(slice);
    const range = { type, refIdc, offset: 0, length: slice.length };
    return {
      header: parseSliceHeader(nalUnit(slice), sets),
      isWhole: !check.findsDamage(slice, [range], sets),
    };
  });
}

const frameNums = (pictures: readonly Written[]) => pictures.map(({ header }) => header.frameNum);

describe("madeUpPast", () => {
  it("writes an IDR picture, and then copies of it, all with every macroblock", () => {
    const size = fc.integer({ min: 1, max: 9 });
    const references = fc.integer({ min: 0, max: 16 });
    fc.assert(
      fc.property(size, size, references, fc.nat(15), fc.nat(255), (width, height, most, frameNum, shade) => {
        const syntax = { widthInMbs: width, heightInMapUnits: height, maxNumRefFrames: most };
        const [first, ...copies] = made(syntax, frameNum, shade);
        expect(first).toMatchObject({ header: { idrPicFlag: true, sliceType: "I" }, isWhole: true });
        for (const copy of copies)
          expect(copy).toMatchObject({ header: { idrPicFlag: false, sliceType: "P" }, isWhole: true });
        for (const { header } of [first!, ...copies]) expect(header.nalRefIdc).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });

  it("numbers the copies up to the frame_num before the picture's, without a gap (7.4.3)", () => {
    expect(frameNums(made({ maxNumRefFrames: 3 }, 7))).toEqual([0, 4, 5, 6]);
    expect(frameNums(made({ maxNumRefFrames: 1 }, 7))).toEqual([0, 6]);
    // MaxFrameNum is 16.
    expect(frameNums(made({ maxNumRefFrames: 3 }, 1))).toEqual([0, 14, 15, 0]);
  });

  it("lets the IDR picture be the one with frame_num 0 where that comes first", () => {
    expect(frameNums(made({ maxNumRefFrames: 3 }, 3))).toEqual([0, 1, 2]);
    expect(frameNums(made({ maxNumRefFrames: 1 }, 1))).toEqual([0]);
  });

  it.each<[string, SpsSyntax]>([
    ["0", { pictureOrder: (w) => w.ue(0, 8) }],
    ["1 with deltas", { pictureOrder: (w) => w.ue(1).flag(false).se(0, 0).ue(0) }],
    ["1 without deltas", { pictureOrder: (w) => w.ue(1).flag(true).se(0, 0).ue(0) }],
    ["2", { pictureOrder: (w) => w.ue(2) }],
  ])("writes slice headers for pic_order_cnt_type %s (7.3.3)", (_type, syntax) => {
    const pictures = made({ ...syntax, maxNumRefFrames: 2 }, 5);
    expect(pictures.map(({ isWhole }) => isWhole)).toEqual([true, true, true]);
  });

  it("has a PPS of its own, which refers to the SPS of the stream", () => {
    const sps = spsNal({ id: 3 });
    const header = { sps: parseSequenceParameterSet(sps), frameNum: 1 } as SliceHeader;
    const [first] = madeUpPast(header, sps, 0);
    const [rawSps, rawPps] = splitAnnexB(first!) as [Uint8Array, Uint8Array];
    const sets = new ParameterSets();
    for (const set of [rawSps, rawPps]) sets.put(nalUnit(set));
    expect(sets.pps(255)).toMatchObject({ seqParameterSetId: 3, entropyCodingModeFlag: false });
  });
});

describe("canMakeUpPast", () => {
  const high = (chroma: number, luma: number, chromaDepth: number) => ({
    profileIdc: 110,
    format: (writer: BitWriter) => void writer.ue(chroma, luma, chromaDepth).flag(false, false),
  });

  it.each<[string, SpsSyntax, boolean]>([
    ["progressive 4:2:0 with 8 bits", {}, true],
    ["the same in a high profile", high(1, 0, 0), true],
    ["pictures that may be fields", { frameMbsOnly: false }, false],
    ["monochrome", high(0, 0, 0), false],
    ["4:2:2", high(2, 0, 0), false],
    ["10 bits of luma", high(1, 2, 0), false],
    ["10 bits of chroma", high(1, 0, 2), false],
  ])("%s: %s", (_what, syntax, expected) => {
    expect(canMakeUpPast(parseSequenceParameterSet(spsNal(syntax)))).toBe(expected);
  });
});

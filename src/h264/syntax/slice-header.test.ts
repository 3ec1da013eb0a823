import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import {
  nalUnit,
  type PpsSyntax,
  ppsNal,
  type SpsSyntax,
  spsNal,
} from "../../../test/support/h264/h264-syntax.js";
import { BitstreamError } from "../../core/errors.js";
import { ParameterSets } from "./parameter-sets.js";
import { EndOfDataError } from "./rbsp-reader.js";
import {
  isFirstSliceOfNewPicture,
  MissingParameterSetError,
  parseSliceHeader,
  parseSliceIdentity,
  type SliceIdentity,
} from "./slice-header.js";

const idr = 0x65;
const reference = 0x41;
const disposable = 0x01;
const [P, B, I, SP] = [0, 1, 2, 3];

function setsOf(sps: SpsSyntax = {}, pps: PpsSyntax = {}): ParameterSets {
  const sets = new ParameterSets();
  sets.put(nalUnit(spsNal(sps)));
  sets.put(nalUnit(ppsNal(pps)));
  return sets;
}

function parse(header: number, write: (writer: BitWriter) => unknown, sets = setsOf()) {
  const writer = new BitWriter();
  write(writer);
  return parseSliceHeader(nalUnit(writer.trailing().nal(header)), sets);
}

const pocType1 = (alwaysZero: boolean) => (w: BitWriter) => void w.ue(1).flag(alwaysZero).se(0, 0).ue(0);

describe("parseSliceHeader", () => {
  it("reads an IDR slice", () => {
    const header = parse(idr, (w) =>
      w
        .ue(17, I + 5, 0)
        .u(4, 0)
        .ue(65_535)
        .u(4, 0)
        .flag(true, false)
        .se(-3),
    );
    expect(header).toMatchObject({
      nalUnitType: 5,
      nalRefIdc: 3,
      idrPicFlag: true,
      firstMbInSlice: 17,
      sliceType: "I",
      allSlicesSameType: true,
      idrPicId: 65_535,
      decRefPicMarking: { noOutputOfPriorPicsFlag: true, longTermReferenceFlag: false, operations: [] },
      hasMmco5: false,
      sliceQpDelta: -3,
    });
    expect(header.sps.width).toBe(320);
  });

  it("reads a P slice with modified references, weights and marking", () => {
    const header = parse(
      reference,
      (w) => {
        w.ue(0, P, 0).u(4, 9).u(4, 12).se(-1);
        w.ue(3); // redundant_pic_cnt
        w.flag(true).ue(1);
        w.flag(true).ue(0, 4, 1, 5, 2, 6, 3);
        w.ue(5, 6).flag(true).se(-128, 127).flag(true).se(1, 2, 3, 4).flag(false, false);
        w.flag(true).ue(1, 7, 2, 8, 3, 9, 10, 4, 11, 5, 6, 12, 0);
        w.ue(2).se(-4).ue(0).se(6, -6);
      },
      setsOf(
        {},
        {
          cabac: true,
          bottomFieldPicOrder: true,
          weightedPred: true,
          deblockingControl: true,
          redundantPicCnt: true,
        },
      ),
    );
    expect(header).toMatchObject({
      frameNum: 9,
      picOrderCntLsb: 12,
      deltaPicOrderCntBottom: -1,
      redundantPicCnt: 3,
      numRefIdxL0ActiveMinus1: 1,
      refPicListModificationL0: [
        { modificationOfPicNumsIdc: 0, value: 4 },
        { modificationOfPicNumsIdc: 1, value: 5 },
        { modificationOfPicNumsIdc: 2, value: 6 },
      ],
      refPicListModificationL1: undefined,
      decRefPicMarking: {
        operations: [
          { operation: 1, differenceOfPicNumsMinus1: 7 },
          { operation: 2, longTermPicNum: 8 },
          { operation: 3, differenceOfPicNumsMinus1: 9, longTermFrameIdx: 10 },
          { operation: 4, maxLongTermFrameIdxPlus1: 11 },
          { operation: 5 },
          { operation: 6, longTermFrameIdx: 12 },
        ],
      },
      hasMmco5: true,
      cabacInitIdc: 2,
      sliceQpDelta: -4,
      disableDeblockingFilterIdc: 0,
      sliceAlphaC0OffsetDiv2: 6,
      sliceBetaOffsetDiv2: -6,
    });
  });

  it("reads a B slice with explicit weights for both lists", () => {
    const header = parse(
      disposable,
      (w) => {
        w.ue(0, B, 0).u(4, 1).u(4, 2).flag(true);
        w.flag(true).ue(0, 1).flag(false).flag(true).ue(3);
        w.ue(0, 0).flag(false, false, false, false, true).se(1, 1).flag(false);
        w.se(7);
      },
      setsOf({}, { weightedBipredIdc: 1 }),
    );
    expect(header).toMatchObject({
      sliceType: "B",
      directSpatialMvPredFlag: true,
      numRefIdxL0ActiveMinus1: 0,
      numRefIdxL1ActiveMinus1: 1,
      refPicListModificationL0: undefined,
      refPicListModificationL1: [],
      decRefPicMarking: undefined,
      sliceQpDelta: 7,
    });
  });

  it("reads a bottom field, which has no delta_pic_order_cnt_bottom", () => {
    const header = parse(
      reference,
      (w) => w.ue(0, I, 0).u(4, 1).flag(true, true).u(4, 5).flag(false).se(0),
      setsOf({ frameMbsOnly: false, heightInMapUnits: 8 }, { bottomFieldPicOrder: true }),
    );
    expect(header).toMatchObject({ fieldPicFlag: true, bottomFieldFlag: true, picOrderCntLsb: 5 });
  });

  it("reads both deltas of pic_order_cnt_type 1 in a frame", () => {
    const header = parse(
      reference,
      (w) => w.ue(0, I, 0).u(4, 1).se(-7, 8).flag(false).se(0),
      setsOf({ pictureOrder: pocType1(false) }, { bottomFieldPicOrder: true }),
    );
    expect(header.deltaPicOrderCnt).toEqual([-7, 8]);
  });

  it("reads colour_plane_id, and weights without chroma", () => {
    const format = (w: BitWriter) => void w.ue(3).flag(true).ue(0, 0).flag(false, false);
    const header = parse(
      disposable,
      (w) => w.ue(0, P, 0).u(2, 2).u(4, 1).u(4, 2).flag(false, false).ue(0).flag(true).se(1, 1).se(9),
      setsOf({ profileIdc: 244, format }, { weightedPred: true }),
    );
    expect(header).toMatchObject({ colourPlaneId: 2, sliceQpDelta: 9 });
  });

  it("reads an SP slice and slice_group_change_cycle", () => {
    // 300 map units, 7 in a step: Ceil(Log2(300 / 7 + 1)) = 6 bits.
    const sliceGroups = (w: BitWriter) => void w.ue(1, 3).flag(false).ue(6);
    const header = parse(
      disposable,
      (w) => w.ue(0, SP, 0).u(4, 1).u(4, 2).flag(false, false).se(1).flag(true).se(-2).u(6, 43),
      setsOf({}, { sliceGroups }),
    );
    expect(header).toMatchObject({
      sliceType: "SP",
      spForSwitchFlag: true,
      sliceQsDelta: -2,
      sliceGroupChangeCycle: 43,
    });
  });

  it("distinguishes a missing parameter set from a malformed header", () => {
    const slice = (w: BitWriter) => w.ue(0, I, 4).u(4, 0).ue(0).u(4, 0).flag(false, false).se(0);
    const sets = setsOf();
    expect(() => parse(idr, slice, sets)).toThrow(MissingParameterSetError);
    expect(() => parse(idr, slice, sets)).toThrow("the PPS with id 4 has not come");
    sets.put(nalUnit(ppsNal({ id: 4, spsId: 9 })));
    expect(() => parse(idr, slice, sets)).toThrow("the SPS with id 9 has not come");
    expect(() => parse(idr, (w) => w.ue(0, 10, 0), sets)).toThrow("slice_type was 10, expected 0 to 9");
    expect(() => parse(idr, (w) => w.ue(0, 10, 0), sets)).not.toThrow(MissingParameterSetError);
  });

  it("refuses a slice that begins outside the picture", () => {
    const slice = (first: number) => (w: BitWriter) =>
      w.ue(first, I, 0).u(4, 0).ue(0).u(4, 0).flag(false, false).se(0);
    expect(parse(idr, slice(299)).firstMbInSlice).toBe(299);
    expect(() => parse(idr, slice(300))).toThrow("first_mb_in_slice was 300, expected 0 to 299");
  });

  it("refuses loops that do not end", () => {
    const start = (w: BitWriter) => w.ue(0, P, 0).u(4, 1).u(4, 2).flag(false);
    const zeros = Array<number>(140).fill(0);
    const fives = Array<number>(140).fill(5);
    expect(() =>
      parse(reference, (w) =>
        start(w)
          .flag(true)
          .ue(...zeros),
      ),
    ).toThrow("more than 33 modifications");
    expect(() =>
      parse(reference, (w) =>
        start(w)
          .flag(false, true)
          .ue(...fives),
      ),
    ).toThrow("more than 66 operations");
  });

  it("refuses NAL units without such a header", () => {
    for (const type of [0, 3, 4, 6, 7, 20, 21]) {
      expect(() => parse(type, (w) => w.ue(0, I, 0))).toThrow(
        `nal_unit_type was ${type}, expected 1, 2, 5 or 19`,
      );
    }
  });

  it("throws nothing but BitstreamError, and both functions agree, whatever the bytes", () => {
    const sets = setsOf(
      { frameMbsOnly: false, heightInMapUnits: 8 },
      {
        cabac: true,
        weightedPred: true,
        weightedBipredIdc: 1,
        deblockingControl: true,
        bottomFieldPicOrder: true,
      },
    );
    const outcome = <T>(read: () => T): T | BitstreamError => {
      try {
        return read();
      } catch (error) {
        expect(error).toBeInstanceOf(BitstreamError);
        return error as BitstreamError;
      }
    };
    fc.assert(
      fc.property(fc.constantFrom(idr, reference, disposable, 0x13), fc.uint8Array(), (header, data) => {
        // A slice that begins at macroblock 0 and refers to PPS 0, so that parsing gets further.
        const nal = nalUnit(Uint8Array.of(header, 0x80 | (data[0] ?? 0), ...data));
        const whole = outcome(() => parseSliceHeader(nal, sets));
        const identity = outcome(() => parseSliceIdentity(nal, sets));
        if (!(whole instanceof BitstreamError)) expect(whole).toMatchObject(identity);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("parseSliceIdentity", () => {
  it("needs only the beginning of the slice, and throws if that is incomplete", () => {
    const nal = new BitWriter().ue(0, I, 0).u(4, 3).ue(1).u(4, 6).nal(idr);
    const whole = Uint8Array.of(...nal, 0xaa, 0xbb);
    expect(parseSliceIdentity(nalUnit(nal), setsOf())).toEqual(parseSliceIdentity(nalUnit(whole), setsOf()));
    for (let length = 1; length < nal.length; length++) {
      expect(() => parseSliceIdentity(nalUnit(nal.subarray(0, length)), setsOf())).toThrow(EndOfDataError);
    }
  });
});

describe("isFirstSliceOfNewPicture", () => {
  const identity = (header = reference): SliceIdentity =>
    parse(header, (w) => w.ue(0, I, 0).u(4, 3).u(4, 6).flag(false).se(0));
  const first = identity();

  it("is false for another slice of the picture", () => {
    expect(isFirstSliceOfNewPicture(first, identity())).toBe(false);
    expect(
      isFirstSliceOfNewPicture(first, { ...first, firstMbInSlice: 100, sliceType: "P", colourPlaneId: 1 }),
    ).toBe(false);
    // nal_ref_idc may differ as long as neither is 0.
    expect(isFirstSliceOfNewPicture(first, { ...first, nalRefIdc: 1 })).toBe(false);
  });

  it.each<[string, Partial<SliceIdentity>]>([
    ["frame_num", { frameNum: 4 }],
    ["pic_parameter_set_id", { picParameterSetId: 1 }],
    ["seq_parameter_set_id", { sps: { ...first.sps, seqParameterSetId: 1 } }],
    ["field_pic_flag", { fieldPicFlag: true }],
    ["bottom_field_flag", { bottomFieldFlag: true }],
    ["nal_ref_idc, one being 0", { nalRefIdc: 0 }],
    ["pic_order_cnt_lsb", { picOrderCntLsb: 7 }],
    ["delta_pic_order_cnt_bottom", { deltaPicOrderCntBottom: 1 }],
    ["delta_pic_order_cnt[0]", { deltaPicOrderCnt: [1, 0] }],
    ["delta_pic_order_cnt[1]", { deltaPicOrderCnt: [0, 1] }],
    ["IdrPicFlag", { idrPicFlag: true }],
    ["idr_pic_id", { idrPicId: 1 }],
  ])("is true when %s differs", (_, difference) => {
    expect(isFirstSliceOfNewPicture(first, { ...first, ...difference })).toBe(true);
    expect(isFirstSliceOfNewPicture({ ...first, ...difference }, first)).toBe(true);
  });
});

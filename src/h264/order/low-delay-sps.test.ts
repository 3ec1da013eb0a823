import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { restriction, type SpsSyntax, spsNal, timing } from "../../../test/support/h264/h264-syntax.js";
import {
  parseSequenceParameterSet,
  reorderDepth,
  type SequenceParameterSet,
} from "../syntax/sequence-parameter-set.js";
import { lowDelaySps } from "./low-delay-sps.js";

/** pic_order_cnt_type 2. */
const outputIsDecodingOrder = (writer: BitWriter): void => void writer.ue(2);

/** A VUI with every element, and optionally a bitstream_restriction. */
const fullVui =
  (depth?: number) =>
  (writer: BitWriter): void => {
    writer.flag(true).u(8, 255).u(16, 4).u(16, 3); // aspect ratio
    writer.flag(true, true); // overscan
    writer.flag(true).u(3, 5).flag(true, true).u(8, 1).u(8, 1).u(8, 1); // video signal
    writer.flag(true).ue(1, 1); // chroma location
    // timing: holds zero bytes, so emulation prevention
    writer.flag(true).u(32, 1001).u(32, 60_000).flag(true);
    for (let hrd = 0; hrd < 2; hrd++) {
      writer.flag(true).ue(0).u(4, 0).u(4, 0).ue(0, 0).flag(true).u(5, 0).u(5, 0).u(5, 0).u(5, 0);
    }
    writer.flag(false, true).flag(depth !== undefined); // low delay, pic_struct, restriction
    if (depth !== undefined) writer.flag(false).ue(3, 4, 9, 16, depth, 16);
  };

/** What must not change. */
function otherFields(nal: Uint8Array): unknown {
  const { vui, ...sps } = parseSequenceParameterSet(nal);
  const { bitstreamRestriction, ...rest } = vui ?? { picStructPresentFlag: false };
  const { maxNumReorderFrames, maxDecFrameBuffering, ...kept } = bitstreamRestriction ?? {
    maxNumReorderFrames: 0,
    maxDecFrameBuffering: 0,
    motionVectorsOverPicBoundariesFlag: true,
    maxBytesPerPicDenom: 2,
    maxBitsPerMbDenom: 1,
    log2MaxMvLengthHorizontal: 15,
    log2MaxMvLengthVertical: 15,
  };
  return { sps, rest, kept };
}

const syntax: fc.Arbitrary<SpsSyntax> = fc.record({
  id: fc.nat(31),
  levelIdc: fc.constantFrom(10, 31, 40),
  maxNumRefFrames: fc.nat(16),
  widthInMbs: fc.integer({ min: 1, max: 200 }),
  heightInMapUnits: fc.integer({ min: 1, max: 120 }),
  frameMbsOnly: fc.boolean(),
  pictureOrder: fc.constantFrom(outputIsDecodingOrder, (writer: BitWriter) => void writer.ue(0, 4)),
  vui: fc.constantFrom(
    undefined,
    fullVui(),
    fullVui(0),
    fullVui(2),
    timing(1, 60),
    restriction(0, 4),
    restriction(2, 4),
  ),
}) as fc.Arbitrary<SpsSyntax>;

describe("lowDelaySps", () => {
  it("changes only reorder depth and buffering, and never a depth that may be true", () => {
    const seenDepth = fc.constantFrom(undefined, 0, 1, 3);
    fc.assert(
      fc.property(syntax, seenDepth, (given, seen) => {
        const nal = spsNal(given);
        const before = parseSequenceParameterSet(nal);
        const repaired = lowDelaySps(nal, seen);
        const after = parseSequenceParameterSet(repaired);
        expect(otherFields(repaired)).toEqual(otherFields(nal));
        const stated = reorderDepth(before);
        const depth = stated === undefined ? (seen === 0 ? 0 : undefined) : Math.max(stated, seen ?? 0);
        if (depth === undefined || (depth > 0 && depth === stated)) expect(repaired).toBe(nal);
        else {
          const [kept = 0] = depth > 0 ? (statedRestriction(before)?.slice(1) ?? []) : [];
          const buffering = Math.max(1, depth, before.maxNumRefFrames, kept);
          expect(statedRestriction(after)).toEqual([depth, buffering]);
        }
        expect(lowDelaySps(repaired, seen)).toBe(repaired);
      }),
      { numRuns: 500 },
    );
  });

  it("states the depth that pictures have, where the SPS states less", () => {
    const repaired = (stated: number, seen: number) =>
      statedRestriction(
        parseSequenceParameterSet(lowDelaySps(spsNal({ vui: restriction(stated, 1) }), seen)),
      );
    expect(repaired(0, 1)).toEqual([1, 1]);
    expect(repaired(0, 2)).toEqual([2, 2]);
    expect(repaired(1, 2)).toEqual([2, 2]);
    expect(repaired(2, 1)).toEqual([2, 1]);
  });

  it("adds a missing VUI", () => {
    const nal = spsNal({ pictureOrder: outputIsDecodingOrder });
    const repaired = parseSequenceParameterSet(lowDelaySps(nal, undefined));
    expect(repaired.vui?.bitstreamRestriction).toEqual({
      motionVectorsOverPicBoundariesFlag: true,
      maxBytesPerPicDenom: 2,
      maxBitsPerMbDenom: 1,
      log2MaxMvLengthHorizontal: 15,
      log2MaxMvLengthVertical: 15,
      maxNumReorderFrames: 0,
      maxDecFrameBuffering: 1,
    });
    expect(repaired.warnings).toEqual([]);
  });

  it("corrects a depth that pic_order_cnt_type 2 contradicts", () => {
    const nal = spsNal({ pictureOrder: outputIsDecodingOrder, vui: restriction(2, 4) });
    expect(statedRestriction(parseSequenceParameterSet(lowDelaySps(nal, undefined)))).toEqual([0, 1]);
  });

  it("shrinks a buffer that is larger than the references need, if nothing is reordered", () => {
    const nal = spsNal({ maxNumRefFrames: 2, vui: restriction(0, 16) });
    expect(statedRestriction(parseSequenceParameterSet(lowDelaySps(nal, undefined)))).toEqual([0, 2]);
  });

  it("keeps a stated depth, even if no picture was reordered yet", () => {
    const nal = spsNal({ vui: restriction(2, 4) });
    expect(lowDelaySps(nal, 0)).toBe(nal);
  });

  it("changes nothing without proof", () => {
    const nal = spsNal();
    expect(lowDelaySps(nal, undefined)).toBe(nal);
    expect(statedRestriction(parseSequenceParameterSet(lowDelaySps(nal, 0)))).toEqual([0, 1]);
  });

  it("leaves garbage and a broken VUI alone", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (garbage) => {
        garbage[0] = 0x67;
        const repaired = lowDelaySps(garbage, undefined);
        if (repaired !== garbage) expect(parseSequenceParameterSet(repaired).warnings).toEqual([]);
      }),
      { numRuns: 2000 },
    );
    const truncated = spsNal({
      pictureOrder: outputIsDecodingOrder,
      vui: (writer) => void writer.flag(true),
    });
    expect(parseSequenceParameterSet(truncated).warnings).not.toEqual([]);
    expect(lowDelaySps(truncated, 0)).toBe(truncated);
  });
});

function statedRestriction(sps: SequenceParameterSet): number[] | undefined {
  const stated = sps.vui?.bitstreamRestriction;
  return stated && [stated.maxNumReorderFrames, stated.maxDecFrameBuffering];
}

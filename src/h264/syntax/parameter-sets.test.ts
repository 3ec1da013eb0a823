import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { nalUnit, ppsNal, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { BitstreamError } from "../../core/errors.js";
import { ParameterSets } from "./parameter-sets.js";

const put = (sets: ParameterSets, ...nals: Uint8Array[]) => nals.map((nal) => sets.put(nalUnit(nal)));

it("distinguishes new, repeated and changed sets", () => {
  const sets = new ParameterSets();
  const changes = put(
    sets,
    spsNal(),
    ppsNal(),
    spsNal(),
    ppsNal(),
    spsNal({ levelIdc: 31 }),
    ppsNal({ cabac: true }),
    spsNal({ id: 1 }),
    ppsNal({ id: 255 }),
  );
  expect(changes).toEqual(["new", "new", "same", "same", "changed", "changed", "new", "new"]);
  expect(sets.sps(0)?.levelIdc).toBe(31);
  expect(sets.pps(0)?.entropyCodingModeFlag).toBe(true);
  expect(sets.sps(2)).toBeUndefined();
});

it("keeps the earlier set when a malformed one comes", () => {
  const sets = new ParameterSets();
  put(sets, spsNal(), ppsNal());
  expect(() => put(sets, spsNal({ maxNumRefFrames: 17 }))).toThrow(BitstreamError);
  expect(() => put(sets, ppsNal({ cabac: true }).subarray(0, 2))).toThrow(BitstreamError);
  expect(sets.sps(0)?.maxNumRefFrames).toBe(1);
  expect(sets.rawFor(0)).toEqual({ sps: spsNal(), pps: ppsNal() });
});

it("reads a PPS again when its SPS comes later or changes", () => {
  const high = (chromaFormatIdc: number) =>
    spsNal({
      profileIdc: 244,
      format: (writer: BitWriter) => {
        writer.ue(chromaFormatIdc);
        if (chromaFormatIdc === 3) writer.flag(false);
        writer.ue(0, 0).flag(false, false);
      },
    });
  const sets = new ParameterSets();
  // Eight lists and a second_chroma_qp_index_offset of 0, or nine lists, the last by default, three
  // more and 5.
  const extension = (w: BitWriter) =>
    void w
      .flag(true, true, ...Array<boolean>(8).fill(false))
      .flag(true)
      .se(-8)
      .flag(false, false, false)
      .se(5);
  put(sets, ppsNal({ extension }));
  expect(sets.pps(0)?.scalingLists).toHaveLength(8);
  put(sets, high(3));
  expect(sets.pps(0)?.scalingLists).toHaveLength(12);
  expect(sets.pps(0)).toBe(sets.pps(0));
  put(sets, high(1));
  expect(sets.pps(0)?.scalingLists).toHaveLength(8);
});

it("throws if a PPS cannot be read with the SPS that came after it", () => {
  const sets = new ParameterSets();
  put(
    sets,
    ppsNal({
      extension: (w) =>
        void w
          .flag(true, true)
          .flag(...Array<boolean>(8).fill(false))
          .se(5),
    }),
  );
  put(sets, spsNal({ profileIdc: 244, format: (w) => void w.ue(3).flag(false).ue(0, 0).flag(false, false) }));
  expect(() => sets.pps(0)).toThrow(BitstreamError);
  expect(() => sets.pps(0)).toThrow(BitstreamError);
});

it("gives copies of the NAL units that a slice needs", () => {
  const sets = new ParameterSets();
  const sps = spsNal({ id: 3 });
  expect(sets.rawFor(9)).toBeUndefined();
  put(sets, ppsNal({ id: 9, spsId: 3 }));
  expect(sets.rawFor(9)).toBeUndefined();
  put(sets, sps, ppsNal({ id: 2, spsId: 3 }));
  sps.fill(0);
  expect(sets.rawFor(9)).toEqual({ sps: spsNal({ id: 3 }), pps: ppsNal({ id: 9, spsId: 3 }) });
  expect(sets.allRaw()).toEqual({
    sps: [spsNal({ id: 3 })],
    pps: [ppsNal({ id: 2, spsId: 3 }), ppsNal({ id: 9, spsId: 3 })],
  });
  sets.clear();
  expect(sets.allRaw()).toEqual({ sps: [], pps: [] });
});

it("refuses a set beyond 4 KiB and any other NAL unit", () => {
  const sets = new ParameterSets();
  const long = new Uint8Array(4097).fill(0xff);
  long.set(spsNal());
  expect(() => put(sets, long)).toThrow("the parameter set had 4097 bytes, expected at most 4096");
  expect(() => put(sets, Uint8Array.of(0x65, 0))).toThrow(RangeError);
});

it("throws nothing but BitstreamError, and holds a bounded number, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 40 }))), (nals) => {
      const sets = new ParameterSets();
      for (const [isSps, data] of nals) {
        try {
          put(sets, Uint8Array.of(isSps ? 0x67 : 0x68, ...data));
          for (let id = 0; id < 256; id++) sets.pps(id);
        } catch (error) {
          expect(error).toBeInstanceOf(BitstreamError);
        }
      }
      expect(sets.allRaw().sps.length).toBeLessThanOrEqual(32);
    }),
  );
});

describe("the sets in use with an SPS", () => {
  /** A PPS of 3.7 KiB: slice group map units, one by one (7.3.2.2). */
  const large = (id: number) =>
    ppsNal({ id, spsId: 1, sliceGroups: (writer) => writer.ue(7, 6, 6665).u(19_998, 0) });

  it("are the SPS and the PPSs that refer to it", () => {
    const sets = new ParameterSets();
    const [ours, theirs] = [ppsNal({ id: 4, spsId: 1 }), ppsNal({ id: 5, spsId: 2 })];
    for (const nal of [spsNal({ id: 1 }), spsNal({ id: 2 }), theirs, ours, ppsNal({ id: 0, spsId: 1 })])
      put(sets, nal);
    const raw = [spsNal({ id: 1 }), ppsNal({ id: 0, spsId: 1 }), ours];
    expect(sets.inUseWith(1)).toEqual({ raw, isComplete: true });
    expect(sets.inUseWith(2)).toEqual({ raw: [spsNal({ id: 2 }), theirs], isComplete: true });
    expect(sets.inUseWith(3)).toEqual({ raw: [], isComplete: true });
  });

  it("are no more than 8 KiB: the PPSs that slices referred to last", () => {
    const sets = new ParameterSets();
    put(sets, spsNal({ id: 1 }));
    for (const id of [0, 1, 2, 3]) put(sets, large(id));
    sets.pps(0);
    const { raw, isComplete } = sets.inUseWith(1);
    expect(raw).toEqual([spsNal({ id: 1 }), large(0), large(3)]);
    expect(isComplete).toBe(false);
  });

  it("have a revision that only their own changes raise", () => {
    const sets = new ParameterSets();
    for (const id of [1, 2]) put(sets, spsNal({ id }));
    const before = sets.revisionOf(1);
    put(sets, ppsNal({ id: 0, spsId: 2 }));
    put(sets, spsNal({ id: 1 }));
    expect(sets.revisionOf(1)).toBe(before);
    put(sets, ppsNal({ id: 0, spsId: 1 }));
    expect(sets.revisionOf(1)).toBe(before + 1);
    put(sets, ppsNal({ id: 0, spsId: 2 }));
    expect(sets.revisionOf(1)).toBe(before + 2);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { bytesOf } from "../../../test/support/h264/slice-data/bins.js";
import { interElements } from "../../../test/support/h264/slice-data/inter-elements.js";
import { hasSubMacroblocks, type InterMacroblock } from "../../../test/support/h264/slice-data/macroblock.js";
import { randomInter } from "../../../test/support/h264/slice-data/random-macroblock.js";
import {
  defaultFormat,
  headerOf,
  streamOfFormat,
} from "../../../test/support/h264/slice-data/slice-format.js";
import { Random } from "../../../test/support/random.js";
import { CavlcInterPrediction } from "./cavlc-inter-prediction.js";
import { CavlcReader } from "./cavlc-reader.js";
import { bPredictions, pPredictions } from "./macroblock-types.js";
import { Damage } from "./slice-data.js";

const stream = streamOfFormat({ structure: "mbaff" });

/** Reads bits of a macroblock in a slice with this number of active references. */
function reading(
  bits: BitWriter,
  read: (inter: CavlcInterPrediction) => unknown,
  { references = [1, 1] as readonly [number, number], isField = false } = {},
) {
  const reader = new CavlcReader();
  reader.start(bytesOf(bits.bits), 0);
  const inter = new CavlcInterPrediction(reader);
  inter.start(headerOf({ type: "B", activeReferences: references }, stream), isField);
  const result = read(inter);
  return { result, position: reader.position };
}

const bitsOf = (text: string) => new BitWriter().code(text);

describe("CavlcInterPrediction", () => {
  it.each(["P", "B"] as const)(
    "reads mb_pred() and sub_mb_pred() of any macroblocks of %s slices",
    (sliceType) => {
      fc.assert(
        fc.property(
          fc.nat(),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 5 }),
          fc.boolean(),
          (seed, l0, l1, isField) => {
            const counts = [isField ? 2 * l0 : l0, isField ? 2 * l1 : l1] as const;
            const format = { ...defaultFormat, direct8x8Inference: seed % 2 === 0 };
            const random = new Random(seed);
            const choices = { format, sliceType, referenceCounts: counts, isDecodable: false };
            const macroblock: InterMacroblock = randomInter(random, choices);
            fc.pre(macroblock.name !== "B_Direct_16x16");
            const writer = new BitWriter();
            for (const each of interElements(macroblock, counts)) {
              if (each.element === "sub_mb_type") writer.ue(each.value);
              else if (each.element === "ref_idx") writer.te(counts[each.list] - 1, each.value);
              else writer.se(each.value);
            }
            const { name, mbType, subNames } = macroblock;
            const isB = sliceType === "B";
            const { result, position } = reading(
              writer,
              (inter) =>
                hasSubMacroblocks(name)
                  ? inter.readSubMacroblocks(isB, format.direct8x8Inference, name === "P_8x8ref0")
                  : inter.readPartitions(isB ? bPredictions[mbType - 1]! : pPredictions[mbType as 0 | 1 | 2]),
              { references: [l0, l1], isField },
            );
            expect(position).toBe(writer.length);
            // noSubMbPartSizeLessThan8x8Flag (7.3.5).
            if (hasSubMacroblocks(name))
              expect(result).toBe(
                subNames.every((sub) =>
                  sub === "B_Direct_8x8" ? format.direct8x8Inference : sub.endsWith("_8x8"),
                ),
              );
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  it("7.3.5.1: all ref_idx_l0, all ref_idx_l1, then mvd of list 0 and of list 1", () => {
    // B_L0_Bi_16x8. One bit each for list 0, ue(v) for list 1; then mvd 1 -1, 0 2, -2 3.
    const bits = "1 0 00100   010 011   1 00100   00101 00110";
    const references = [2, 4] as const;
    expect(reading(bitsOf(bits), (inter) => inter.readPartitions([1, 3]), { references }).position).toBe(
      bits.replaceAll(" ", "").length,
    );
  });

  it("7.3.5.1: one reference needs no ref_idx, but the two fields of its frame do", () => {
    const read = (inter: CavlcInterPrediction) => inter.readPartitions([1]);
    expect(reading(bitsOf("1 1"), read).position).toBe(2);
    expect(reading(bitsOf("0 1 1"), read, { isField: true }).position).toBe(3);
    expect(reading(bitsOf("0 1 1"), read, { references: [2, 1] }).position).toBe(3);
  });

  it("7.3.5.2: P_8x8ref0 has no ref_idx_l0", () => {
    const types = "1 1 1 1";
    const vectors = "11 11 11 11";
    const references = [2, 1] as const;
    const read = (isRef0: boolean) => (inter: CavlcInterPrediction) =>
      inter.readSubMacroblocks(false, true, isRef0);
    expect(reading(bitsOf(`${types} ${vectors}`), read(true), { references }).position).toBe(12);
    expect(reading(bitsOf(`${types} 0 0 0 0 ${vectors}`), read(false), { references }).position).toBe(16);
  });

  it.each([
    ["table 7-17: P_L0_8x4 has 2 vectors", false, "010 1 1 1", 5, false],
    ["table 7-17: P_L0_4x8 has 2", false, "011 1 1 1", 5, false],
    ["table 7-17: P_L0_4x4 has 4", false, "00100 1 1 1", 7, false],
    ["table 7-17: four P_L0_8x8 have 4 in all", false, "1 1 1 1", 4, true],
    ["table 7-18: B_Direct_8x8 has none", true, "1 1 1 1", 0, true],
    ["table 7-18: B_Bi_8x8 has 2", true, "00100 1 1 1", 2, true],
    ["table 7-18: B_Bi_4x4 has 8", true, "0001101 1 1 1", 8, false],
  ])("%s", (_, isB, types, vectors, mayTransform) => {
    const bits = bitsOf(types);
    for (let left = vectors; left > 0; left--) bits.se(0, 0);
    const { result, position } = reading(bits, (inter) => inter.readSubMacroblocks(isB, true, false));
    expect(position).toBe(bits.length);
    expect(result).toBe(mayTransform);
  });

  it("7.3.5: a direct sub-macroblock excludes the 8x8 transform without direct_8x8_inference_flag", () => {
    const read = (inference: boolean) => (inter: CavlcInterPrediction) =>
      inter.readSubMacroblocks(true, inference, false);
    expect(reading(bitsOf("1 1 1 1"), read(true)).result).toBe(true);
    expect(reading(bitsOf("1 1 1 1"), read(false)).result).toBe(false);
  });

  describe("what no slice can have is damage:", () => {
    it("7.4.5.1: ref_idx above num_ref_idx_lX_active_minus1", () => {
      const read = (inter: CavlcInterPrediction) => inter.readPartitions([1]);
      const references = [3, 1] as const;
      expect(reading(bitsOf("011 1 1"), read, { references }).position).toBe(5);
      expect(() => reading(bitsOf("00100 1 1"), read, { references })).toThrow(Damage);
      expect(reading(bitsOf("00110 1 1"), read, { references, isField: true }).position).toBe(7);
      expect(() => reading(bitsOf("00111 1 1"), read, { references, isField: true })).toThrow(Damage);
    });

    it("tables 7-17, 7-18: sub_mb_type above 3 and 12", () => {
      const read = (isB: boolean) => (inter: CavlcInterPrediction) =>
        inter.readSubMacroblocks(isB, true, false);
      expect(() => reading(new BitWriter().ue(4, 0, 0, 0).se(0, 0, 0, 0, 0, 0, 0, 0), read(false))).toThrow(
        Damage,
      );
      expect(() => reading(new BitWriter().ue(13, 0, 0, 0).se(0, 0), read(true))).toThrow(Damage);
    });

    it("7.4.5.1: mvd_lX beyond -8192 to 8191.75 luma samples", () => {
      const read = (inter: CavlcInterPrediction) => inter.readPartitions([1]);
      for (const mvd of [-32_768, 32_767]) {
        const bits = new BitWriter().se(mvd, mvd);
        expect(reading(bits, read).position).toBe(bits.length);
      }
      expect(() => reading(new BitWriter().se(-32_769, 0), read)).toThrow(Damage);
      expect(() => reading(new BitWriter().se(0, -32_769), read)).toThrow(Damage);
    });
  });
});

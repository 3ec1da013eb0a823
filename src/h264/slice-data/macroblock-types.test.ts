import { describe, expect, it } from "vitest";
import {
  bPredictions,
  bSubPredictions,
  bSubShapes,
  direct,
  intra16x16Pattern,
  pPredictions,
} from "./macroblock-types.js";
import { Damage } from "./slice-data.js";

const lists: Record<string, number> = { L0: 1, L1: 2, Bi: 3 };
/** The lists of each partition, as a name like B_L0_Bi_16x8 says them. */
const listsOf = (name: string) =>
  name
    .split("_")
    .slice(1, -1)
    .map((list) => lists[list]);

describe("predictions of partitions, bit 0 for list 0 and bit 1 for list 1", () => {
  it("table 7-13: mb_type 0 to 2 of P slices", () => {
    expect(pPredictions).toEqual(["P_L0_16x16", "P_L0_L0_16x8", "P_L0_L0_8x16"].map(listsOf));
  });

  it("table 7-14: mb_type 1 to 21 of B slices", () => {
    const names = [
      "B_L0_16x16 B_L1_16x16 B_Bi_16x16",
      "B_L0_L0_16x8 B_L0_L0_8x16 B_L1_L1_16x8 B_L1_L1_8x16",
      "B_L0_L1_16x8 B_L0_L1_8x16 B_L1_L0_16x8 B_L1_L0_8x16",
      "B_L0_Bi_16x8 B_L0_Bi_8x16 B_L1_Bi_16x8 B_L1_Bi_8x16",
      "B_Bi_L0_16x8 B_Bi_L0_8x16 B_Bi_L1_16x8 B_Bi_L1_8x16",
      "B_Bi_Bi_16x8 B_Bi_Bi_8x16",
    ];
    expect(bPredictions).toEqual(names.join(" ").split(" ").map(listsOf));
  });

  it("table 7-18: sub_mb_type of B slices", () => {
    const names =
      "B_L0_8x8 B_L1_8x8 B_Bi_8x8 B_L0_8x4 B_L0_4x8 B_L1_8x4 B_L1_4x8 B_Bi_8x4 B_Bi_4x8 B_L0_4x4 B_L1_4x4 B_Bi_4x4";
    const shapes = ["8x8", "8x4", "4x8", "4x4"];
    expect(bSubPredictions[0]).toBe(direct);
    expect(bSubPredictions.slice(1)).toEqual(names.split(" ").flatMap(listsOf));
    expect(bSubShapes.slice(1)).toEqual(names.split(" ").map((name) => shapes.indexOf(name.split("_")[2]!)));
  });

  it("a direct sub-macroblock uses no list of its own: nothing is sent for it", () => {
    expect(direct).toBe(0);
  });
});

describe("intra16x16Pattern", () => {
  /**
   * mb_type 1 to 24 as table 7-11 names them: I_16x16, prediction mode, CodedBlockPatternChroma,
   * luma.
   */
  const types = [0, 1].flatMap((luma) =>
    [0, 1, 2].flatMap((chroma) => [0, 1, 2, 3].map(() => ({ luma, chroma }))),
  );

  it("table 7-11: CodedBlockPatternLuma is 0 up to 12 and 15 from there on, chroma is 0, 1 or 2", () => {
    for (const [index, { luma, chroma }] of types.entries())
      expect(intra16x16Pattern(index + 1, true)).toBe(luma * 15 + chroma * 16);
  });

  it("7.4.5: without chroma of its own, a type with chroma coefficients is damage", () => {
    for (const [index, { luma, chroma }] of types.entries()) {
      if (chroma > 0) expect(() => intra16x16Pattern(index + 1, false)).toThrow(Damage);
      else expect(intra16x16Pattern(index + 1, false)).toBe(luma * 15);
    }
  });
});

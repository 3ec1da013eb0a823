import { Damage } from "./slice-data.js";

/** Prediction of the partitions of P macroblocks 0 to 2 (table 7-13), as in `bPredictions`. */
export const pPredictions = [[1], [1, 1], [1, 1]] as const;
/** Prediction of the partitions of B macroblocks 1 to 21 (table 7-14): bit 0 is list 0, bit 1 is list 1. */
export const bPredictions = [
  [1],
  [2],
  [3],
  [1, 1],
  [1, 1],
  [2, 2],
  [2, 2],
  [1, 2],
  [1, 2],
  [2, 1],
  [2, 1],
  [1, 3],
  [1, 3],
  [2, 3],
  [2, 3],
  [3, 1],
  [3, 1],
  [3, 2],
  [3, 2],
  [3, 3],
  [3, 3],
] as const;
/** Prediction of a direct sub-macroblock. */
export const direct = 0;
/** Prediction of the B sub-macroblock types (table 7-18). */
export const bSubPredictions = [direct, 1, 2, 3, 1, 1, 2, 2, 3, 3, 1, 2, 3] as const;
/** Sub-macroblock partitions: 0 is 8x8, 1 is 8x4, 2 is 4x8, 3 is 4x4. */
export const bSubShapes = [0, 0, 0, 0, 1, 2, 1, 2, 1, 2, 3, 3, 3] as const;

/**
 * CodedBlockPatternLuma, and CodedBlockPatternChroma above its four bits, of an I macroblock of type 1 to 24 (table 7-11).
 *
 * @throws Damage when it has chroma where there is none
 */
export function intra16x16Pattern(type: number, hasChroma: boolean): number {
  const pattern = (type > 12 ? 15 : 0) | ((((type - 1) >> 2) % 3) << 4);
  if (pattern > 15 && !hasChroma) throw new Damage();
  return pattern;
}

import { Damage } from "./slice-data.js";

/**
 * Lists that predict each partition of P macroblock types 0 to 2 (table 7-13), as in
 * `bPredictions`.
 */
export const pPredictions = [[1], [1, 1], [1, 1]] as const;
/**
 * Lists that predict each partition of B macroblock types 1 to 21 (table 7-14): bit 0 is list 0,
 * bit 1 is list 1.
 */
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
/** In place of lists: the decoder derives the prediction of a direct sub-macroblock. */
export const direct = 0;
/** Lists that predict each B sub-macroblock type (table 7-18). */
export const bSubPredictions = [direct, 1, 2, 3, 1, 1, 2, 2, 3, 3, 1, 2, 3] as const;
/** Shape of each B sub-macroblock type: 0 is 8x8, 1 is 8x4, 2 is 4x8, 3 is 4x4. */
export const bSubShapes = [0, 0, 0, 0, 1, 2, 1, 2, 1, 2, 3, 3, 3] as const;

/**
 * coded_block_pattern that mb_type 1 to 24 of an I macroblock implies (table 7-11): four bits of
 * CodedBlockPatternLuma, CodedBlockPatternChroma above them.
 *
 * @throws Damage when the type has chroma coefficients and ChromaArrayType is 0 or 3
 */
export function intra16x16Pattern(type: number, hasChroma: boolean): number {
  const pattern = (type > 12 ? 15 : 0) | ((((type - 1) >> 2) % 3) << 4);
  if (pattern > 15 && !hasChroma) throw new Damage();
  return pattern;
}

import type { CabacDecoder } from "./cabac-decoder.js";

/**
 * mb_type of an I macroblock (9.3.3.1.1.3, table 9-36): 0 is I_NxN, 25 is I_PCM.
 *
 * @param base ctxIdxOffset: 3 in I slices; 17 and 32 in P and B slices, where a prefix comes
 *   first
 * @param neighbours ctxIdxInc of the first bin in I slices: the number of available macroblocks
 *   to the left and above that are not I_NxN
 */
export function readIntraType(cabac: CabacDecoder, base: 3 | 17 | 32, neighbours: number): number {
  const inIntraSlice = base === 3 ? 1 : 0;
  if (cabac.decision(base + inIntraSlice * neighbours) === 0) return 0;
  const state = base + 2 * inIntraSlice;
  if (cabac.terminate()) return 25;
  let type = 1 + 12 * cabac.decision(state + 1);
  if (cabac.decision(state + 2)) type += 4 + 4 * cabac.decision(state + 2 + inIntraSlice);
  type += 2 * cabac.decision(state + 3 + inIntraSlice);
  return type + cabac.decision(state + 3 + 2 * inIntraSlice);
}

/**
 * mb_type of a B macroblock after its first bin, which is 1: not B_Direct_16x16 (table 9-37).
 *
 * @returns mb_type as in table 7-14; 113 where the prefix of an I macroblock was read
 */
export function readTypeOfB(cabac: CabacDecoder): number {
  if (cabac.decision(30) === 0) return 1 + cabac.decision(32);
  let bits = cabac.decision(31) << 3;
  bits |= cabac.decision(32) << 2;
  bits |= cabac.decision(32) << 1;
  bits |= cabac.decision(32);
  if (bits < 8) return bits + 3;
  if (bits === 13) return 113;
  if (bits === 14) return 11;
  if (bits === 15) return 22;
  return ((bits << 1) | cabac.decision(32)) - 4;
}

/** sub_mb_type of a P macroblock (tables 9-37, 7-17); its values are those of `bSubShapes`. */
export function readSubShapeOfP(cabac: CabacDecoder): number {
  if (cabac.decision(21)) return 0;
  if (cabac.decision(22) === 0) return 1;
  return cabac.decision(23) ? 2 : 3;
}

/** sub_mb_type of a B macroblock (tables 9-37, 7-18). */
export function readSubTypeOfB(cabac: CabacDecoder): number {
  if (cabac.decision(36) === 0) return 0;
  if (cabac.decision(37) === 0) return 1 + cabac.decision(39);
  let type = 3;
  if (cabac.decision(38)) {
    if (cabac.decision(39)) return 11 + cabac.decision(39);
    type += 4;
  }
  type += 2 * cabac.decision(39);
  return type + cabac.decision(39);
}

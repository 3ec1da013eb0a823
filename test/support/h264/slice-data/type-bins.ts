/** Bin strings of mb_type 0 to 25 of an I macroblock (table 9-36). */
export const intraBins = binStrings(`
  0
  100000   100001   100010   100011
  1001000  1001001  1001010  1001011
  1001100  1001101  1001110  1001111
  101000   101001   101010   101011
  1011000  1011001  1011010  1011011
  1011100  1011101  1011110  1011111
  11
`);

/** Of mb_type 0 to 3 of a P macroblock, which has no 4, and before an I macroblock (table 9-37). */
export const pMacroblockBins = binStrings("000 011 010 001");
export const intraPrefixOfP = "1";

/** Of mb_type 0 to 22 of a B macroblock, and before an I macroblock (table 9-37). */
export const bMacroblockBins = binStrings(`
  0
  100 101 110000
  110001 110010 110011 110100 110101 110110 110111 111110
  1110000 1110001 1110010 1110011 1110100 1110101 1110110 1110111 1111000 1111001
  111111
`);
export const intraPrefixOfB = "111101";

/** Of sub_mb_type 0 to 3 of a P macroblock (table 9-38). */
export const pSubMacroblockBins = binStrings("1 00 011 010");

/** Of sub_mb_type 0 to 12 of a B macroblock (table 9-38). */
export const bSubMacroblockBins = binStrings(`
  0
  100 101 11000 11001 11010 11011
  111000 111001 111010 111011 11110 11111
`);

/** ctxIdxInc by binIdx (table 9-39), where prior bins b choose by table 9-41; 276 is a ctxIdx. */
const increments: Record<number, readonly (number | ((b: string) => number))[]> = {
  3: [0, 276, 3, 4, (b) => (b[3] !== "0" ? 5 : 6), (b) => (b[3] !== "0" ? 6 : 7), 7],
  14: [0, 1, (b) => (b[1] !== "1" ? 2 : 3)],
  17: [0, 276, 1, 2, (b) => (b[3] !== "0" ? 2 : 3), 3, 3],
  21: [0, 1, 2],
  27: [0, 3, (b) => (b[1] !== "0" ? 4 : 5), 5, 5, 5, 5],
  32: [0, 276, 1, 2, (b) => (b[3] !== "0" ? 2 : 3), 3, 3],
  36: [0, 1, (b) => (b[1] !== "0" ? 2 : 3), 3, 3, 3],
};

/**
 * The bins of a type as `readBins` takes them.
 *
 * @param first ctxIdxInc of the first bin where neighbours choose it
 */
export function scriptOf(ctxIdxOffset: number, bins: string, first = 0): string {
  const scripted = Array.from(bins, (bin, binIdx) => {
    const increment = increments[ctxIdxOffset]![binIdx]!;
    const ctxIdxInc = typeof increment === "number" ? increment : increment(bins);
    if (ctxIdxInc === 276) return `t${bin}`;
    return `${ctxIdxOffset + ctxIdxInc + (binIdx === 0 ? first : 0)}:${bin}`;
  });
  return scripted.join(" ");
}

function binStrings(text: string): string[] {
  return text.trim().split(/\s+/);
}

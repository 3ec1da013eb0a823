/** ctxBlockCat (table 9-42). */
export type BlockCategory = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13;

interface Offsets {
  /** ctxIdxOffset for ctxBlockCat below 5, 5, 6 to 8, 9, 10 to 12, and 13 (table 9-34). */
  readonly ctxIdxOffset: readonly [number, number, number, number, number, number];
  /** By ctxBlockCat (table 9-40). */
  readonly ctxBlockCatOffset: readonly number[];
}

const codedBlockFlag: Offsets = {
  ctxIdxOffset: [85, 1012, 460, 1012, 472, 1012],
  ctxBlockCatOffset: [0, 4, 8, 12, 16, 0, 0, 4, 8, 4, 0, 4, 8, 8],
};
const mapOffset = [0, 15, 29, 44, 47, 0, 0, 15, 29, 0, 0, 15, 29, 0];
const significantCoeffFlag = {
  frame: { ctxIdxOffset: [105, 402, 484, 660, 528, 718], ctxBlockCatOffset: mapOffset } as Offsets,
  field: { ctxIdxOffset: [277, 436, 776, 675, 820, 733], ctxBlockCatOffset: mapOffset } as Offsets,
};
const lastSignificantCoeffFlag = {
  frame: { ctxIdxOffset: [166, 417, 572, 690, 616, 748], ctxBlockCatOffset: mapOffset } as Offsets,
  field: { ctxIdxOffset: [338, 451, 864, 699, 908, 757], ctxBlockCatOffset: mapOffset } as Offsets,
};
const coeffAbsLevelMinus1: Offsets = {
  ctxIdxOffset: [227, 426, 952, 708, 982, 766],
  ctxBlockCatOffset: [0, 10, 20, 30, 39, 0, 0, 10, 20, 0, 0, 10, 20, 0],
};

/**
 * Table 9-43: ctxIdxInc by levelListIdx of significant_coeff_flag in frame macroblocks, in field
 * macroblocks, and of last_significant_coeff_flag.
 */
const table943 = `
  0 0 0,   1 1 1,   2 1 1,   3 2 1,   4 2 1,   5 3 1,   5 3 1,   4 4 1,
  4 5 1,   3 6 1,   3 7 1,   4 7 1,   4 7 1,   4 8 1,   5 4 1,   5 5 1,
  4 6 2,   4 9 2,   4 10 2,  4 10 2,  3 8 2,   3 11 2,  6 12 2,  7 11 2,
  7 9 2,   7 9 2,   8 10 2,  9 10 2,  10 8 2,  9 11 2,  8 12 2,  7 11 2,
  7 9 3,   6 9 3,   11 10 3, 12 10 3, 13 8 3,  11 11 3, 6 12 3,  7 11 3,
  8 9 4,   9 9 4,   14 10 4, 10 10 4, 9 8 4,   8 13 4,  6 13 4,  11 9 4,
  12 9 5,  13 10 5, 11 10 5, 6 8 5,   9 13 6,  14 13 6, 10 9 6,  9 9 6,
  11 10 7, 12 10 7, 13 14 7, 11 14 7, 14 14 8, 10 14 8, 12 14 8`
  .split(",")
  .map((entry) => entry.trim().split(" ").map(Number));

/**
 * The bins of coded_block_flag, as `readBins` takes them. @param ctxIdxInc as neighbours choose it
 */
export function codedBlockFlagBin(category: BlockCategory, ctxIdxInc: number, flag: number): string {
  return `${contextOf(codedBlockFlag, category) + ctxIdxInc}:${flag}`;
}

/**
 * The bins of residual_block_cabac() after coded_block_flag (7.3.5.3.3), as `readBins` takes them.
 *
 * @param levels in scanning order, as many as the block can have, not all 0
 */
export function residualBlockBins(
  category: BlockCategory,
  levels: readonly number[],
  isField: boolean,
): string[] {
  const structure = isField ? "field" : "frame";
  const significant = contextOf(significantCoeffFlag[structure], category);
  const last = contextOf(lastSignificantCoeffFlag[structure], category);
  const lastIndex = levels.findLastIndex((level) => level !== 0);
  const bins: string[] = [];
  for (let index = 0; index <= lastIndex && index < levels.length - 1; index++) {
    const isSignificant = levels[index] !== 0;
    bins.push(
      `${significant + mapIncrement(category, index, levels.length, structure)}:${Number(isSignificant)}`,
    );
    if (isSignificant)
      bins.push(
        `${last + mapIncrement(category, index, levels.length, "last")}:${Number(index === lastIndex)}`,
      );
  }
  const base = contextOf(coeffAbsLevelMinus1, category);
  let equalTo1 = 0;
  let greaterThan1 = 0;
  for (const level of levels.filter((each) => each !== 0).reverse()) {
    const first = greaterThan1 !== 0 ? 0 : Math.min(4, 1 + equalTo1);
    const others = 5 + Math.min(4 - (category === 3 ? 1 : 0), greaterThan1);
    // UEG0 with uCoff 14 (9.3.2.3): a unary prefix cut at 14, then an Exp-Golomb suffix.
    const coded = Math.abs(level) - 1;
    for (let bin = 0; bin < Math.min(coded + 1, 14); bin++)
      bins.push(`${base + (bin === 0 ? first : others)}:${bin < coded ? 1 : 0}`);
    if (coded >= 14) bins.push(...expGolombBins(coded - 14, 0));
    bins.push(`b${level < 0 ? 1 : 0}`);
    if (Math.abs(level) === 1) equalTo1++;
    else greaterThan1++;
  }
  return bins;
}

/** The suffix of UEGk: k-th order Exp-Golomb code in bypass bins (9.3.2.3). */
export function expGolombBins(value: number, order: number): string[] {
  const bins: string[] = [];
  let k = order;
  let left = value;
  while (left >= 2 ** k) {
    bins.push("b1");
    left -= 2 ** k;
    k++;
  }
  bins.push("b0");
  while (k-- > 0) bins.push(`b${Math.floor(left / 2 ** k) % 2}`);
  return bins;
}

function contextOf({ ctxIdxOffset, ctxBlockCatOffset }: Offsets, category: BlockCategory): number {
  const [below5, of5, from6, of9, from10, of13] = ctxIdxOffset;
  const offset =
    category < 5
      ? below5
      : category === 5
        ? of5
        : category < 9
          ? from6
          : category === 9
            ? of9
            : category < 13
              ? from10
              : of13;
  return offset + ctxBlockCatOffset[category]!;
}

/** ctxIdxInc of a significance map (9.3.3.1.3). */
function mapIncrement(
  category: BlockCategory,
  levelListIdx: number,
  count: number,
  map: "frame" | "field" | "last",
): number {
  // NumC8x8 is a quarter of the coefficients of a chroma DC block.
  if (category === 3) return Math.min(Math.floor(levelListIdx / (count / 4)), 2);
  if (category !== 5 && category !== 9 && category !== 13) return levelListIdx;
  return table943[levelListIdx]![map === "frame" ? 0 : map === "field" ? 1 : 2]!;
}

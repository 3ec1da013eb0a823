import type { Random } from "../../../random.js";

/** The coefficients of luma, or in 4:4:4 of Cb or Cr. All levels are in scanning order. */
interface ComponentResidual {
  /** Intra16x16DCLevel. */
  readonly dc: readonly number[];
  /** By luma4x4BlkIdx: 16 levels, or the 15 of Intra16x16ACLevel. */
  readonly blocks4x4: readonly (readonly number[])[];
  /** By luma8x8BlkIdx: 64 levels. */
  readonly blocks8x8: readonly (readonly number[])[];
}

/** The coefficients of Cb or Cr in 4:2:0 and 4:2:2. */
interface ChromaResidual {
  /** ChromaDCLevel. */
  readonly dc: readonly number[];
  /** ChromaACLevel, by chroma4x4BlkIdx. */
  readonly ac: readonly (readonly number[])[];
}

/** residual() of a macroblock (7.3.5.3), and what decides which of its blocks are sent. */
export interface Residual {
  /** CodedBlockPatternLuma. */
  readonly luma: number;
  /** CodedBlockPatternChroma. */
  readonly chroma: number;
  readonly isIntra16x16: boolean;
  /** transform_size_8x8_flag. */
  readonly transform8x8: boolean;
  /** Luma; in 4:4:4 Cb and Cr, too. */
  readonly components: readonly ComponentResidual[];
  /** Cb and Cr in 4:2:0 and 4:2:2, else empty. */
  readonly chromaComponents: readonly ChromaResidual[];
}

/** What of `Residual` is given. */
export type ResidualShape = Pick<Residual, "luma" | "chroma" | "isIntra16x16" | "transform8x8">;

/** Any coefficients, from none to all, mostly small. */
export function randomResidual(random: Random, chromaArrayType: number, shape: ResidualShape): Residual {
  const count4x4 = shape.isIntra16x16 ? 15 : 16;
  const blocks = (count: number, levels: number) =>
    Array.from({ length: count }, () => randomLevels(random, levels));
  const components = Array.from({ length: chromaArrayType === 3 ? 3 : 1 }, () => ({
    dc: randomLevels(random, 16),
    blocks4x4: blocks(16, count4x4),
    // CABAC has no way to say that a block of a coded quarter is empty, but for 4:4:4.
    blocks8x8: blocks(4, 64).map((levels) =>
      levels.some((level) => level !== 0) ? levels : levels.with(random.below(64), 1),
    ),
  }));
  const height = chromaArrayType === 2 ? 4 : 2;
  const hasChroma = chromaArrayType === 1 || chromaArrayType === 2;
  const chromaComponents = Array.from({ length: hasChroma ? 2 : 0 }, () => ({
    dc: randomLevels(random, 2 * height),
    ac: blocks(2 * height, 15),
  }));
  return { ...shape, components, chromaComponents };
}

/** `count` levels: few or many, up to a size that is small in most blocks. */
function randomLevels(random: Random, count: number): number[] {
  const density = random.pick([0, 0, 0.1, 0.4, 0.8, 1]);
  const largest = random.pick([1, 1, 2, 4, 20, 70, 3000]);
  return Array.from({ length: count }, () => {
    if (!random.chance(density)) return 0;
    const size = random.chance(0.5) ? 1 : random.size(largest);
    return random.chance(0.5) ? size : -size;
  });
}

/** Left column and top row, in 4x4 blocks, of the luma block with this index (6.4.3). */
export function positionOf4x4(luma4x4BlkIdx: number): [x: number, y: number] {
  const part = luma4x4BlkIdx >> 2;
  return [(part % 2) * 2 + (luma4x4BlkIdx % 2), (part >> 1) * 2 + ((luma4x4BlkIdx >> 1) % 2)];
}

/** luma4x4BlkIdx of the block that covers a luma location (6.4.13.1). */
export function indexOf4x4(x: number, y: number): number {
  return 8 * (y >> 3) + 4 * (x >> 3) + 2 * ((y >> 2) % 2) + ((x >> 2) % 2);
}

import type { SliceHeader } from "../syntax/slice-header.js";
import type { CavlcReader } from "./cavlc-reader.js";
import {
  type CodeTable,
  coeffTokens0,
  coeffTokens2,
  coeffTokens4,
  coeffTokensChromaDc420,
  coeffTokensChromaDc422,
  runBefore,
  totalZeros,
  totalZerosChromaDc420,
  totalZerosChromaDc422,
} from "./cavlc-tables.js";
import { Damage } from "./slice-data.js";

/**
 * `#edges` keeps three components of each macroblock, and of each the right column, then the bottom
 * row.
 */
const edgesPerMb = 24;
const edgesPerComponent = 8;
/** Stands for total_coeff of a block outside the slice: more than two blocks have together. */
const unavailable = 40;
/** `#blocks` has rows of 8. A row above and a column to the left hold blocks of the neighbours. */
const stride = 8;
const origin = stride + 1;

/**
 * coeff_token table by the sum of nA and nB, the total_coeff to the left and above (9.2.1).
 * Undefined where nC is 8 or more, and coeff_token has six bits.
 */
const tokensBySum = Array.from({ length: 2 * unavailable + 1 }, (_, sum): CodeTable | undefined => {
  const nC = sum < unavailable ? (sum + 1) >> 1 : sum % unavailable;
  return nC < 2 ? coeffTokens0 : nC < 4 ? coeffTokens2 : nC < 8 ? coeffTokens4 : undefined;
});

/**
 * Parses residual() coded with CAVLC (7.3.5.3, 9.2). It keeps total_coeff of the blocks that border
 * on later macroblocks, and no coefficients; see `CavlcSliceData`.
 *
 * CAVLC sends an 8x8 block as four 4x4 blocks, each with its own total_coeff.
 */
export class CavlcResidual {
  readonly #reader: CavlcReader;
  #edges = new Uint8Array(0);
  /** Macroblocks in the picture. */
  #count = 0;
  readonly #blocks = new Uint8Array(5 * stride);
  #chromaArrayType = 0;

  constructor(reader: CavlcReader) {
    this.#reader = reader;
  }

  /** @param count macroblocks in the picture */
  startSlice({ sps }: SliceHeader, count: number): void {
    this.#chromaArrayType = sps.chromaArrayType;
    if (count === this.#count) return;
    this.#count = count;
    // Kept at its largest: a stream may have two sizes by turns.
    if (this.#edges.length < count * edgesPerMb) this.#edges = new Uint8Array(count * edgesPerMb);
    else this.#edges.fill(0, 0, count * edgesPerMb);
  }

  /** Notes that macroblocks `from` to `to - 1` have no coefficients. */
  setEmpty(from: number, to: number): void {
    this.#edges.fill(0, from * edgesPerMb, to * edgesPerMb);
  }

  /** Notes an I_PCM macroblock: its blocks count as having 16 coefficients (9.2.1). */
  setPcm(address: number): void {
    this.#edges.fill(16, address * edgesPerMb, (address + 1) * edgesPerMb);
  }

  /**
   * residual() of a macroblock.
   *
   * @param left the 4x4 block to the left of each row, as `MbaffNeighbours.leftBlock` gives it
   * @param top address of the macroblock above; -1 where there is none in the slice
   * @param pattern coded_block_pattern: CodedBlockPatternChroma above four bits of luma
   */
  read(address: number, left: Int32Array, top: number, pattern: number, is16x16: boolean): void {
    this.#readLuma(0, address, left, top, pattern, is16x16);
    if (this.#chromaArrayType === 3) {
      this.#readLuma(1, address, left, top, pattern, is16x16);
      this.#readLuma(2, address, left, top, pattern, is16x16);
    } else if (this.#chromaArrayType > 0) this.#readChroma(address, left, top, pattern >> 4);
  }

  /** residual_luma() of luma, or in 4:4:4 of Cb or Cr (7.3.5.3.1). */
  #readLuma(
    component: number,
    address: number,
    left: Int32Array,
    top: number,
    pattern: number,
    is16x16: boolean,
  ): void {
    this.#begin(component, left, top, 4, 4);
    const blocks = this.#blocks;
    if (is16x16) this.#readBlock(tokensBySum[blocks[origin - 1]! + blocks[origin - stride]!], 16, totalZeros);
    const maxCoefficients = is16x16 ? 15 : 16;
    for (let part = 0; part < 4; part++) {
      if (!((pattern >> part) & 1)) continue;
      const at = origin + (part >> 1) * 2 * stride + (part & 1) * 2;
      this.#readBlockAt(at, maxCoefficients);
      this.#readBlockAt(at + 1, maxCoefficients);
      this.#readBlockAt(at + stride, maxCoefficients);
      this.#readBlockAt(at + stride + 1, maxCoefficients);
    }
    this.#keepEdges(component, address, 4, 4);
  }

  /**
   * Cb and Cr of 4:2:0 and 4:2:2, two blocks per row (7.3.5.3).
   *
   * @param pattern CodedBlockPatternChroma
   */
  #readChroma(address: number, left: Int32Array, top: number, pattern: number): void {
    const is422 = this.#chromaArrayType === 2;
    const height = is422 ? 4 : 2;
    if (pattern > 0) {
      const tokens = is422 ? coeffTokensChromaDc422 : coeffTokensChromaDc420;
      const zeros = is422 ? totalZerosChromaDc422 : totalZerosChromaDc420;
      this.#readBlock(tokens, height * 2, zeros);
      this.#readBlock(tokens, height * 2, zeros);
    }
    for (let component = 1; component < 3; component++) {
      if (pattern < 2) {
        const edges = address * edgesPerMb + component * edgesPerComponent;
        this.#edges.fill(0, edges, edges + edgesPerComponent);
        continue;
      }
      this.#begin(component, left, top, 2, height);
      for (let y = 0; y < height; y++) {
        this.#readBlockAt(origin + y * stride, 15);
        this.#readBlockAt(origin + y * stride + 1, 15);
      }
      this.#keepEdges(component, address, 2, height);
    }
  }

  /** Clears `#blocks` and fills in total_coeff of the blocks beside the macroblock. */
  #begin(component: number, left: Int32Array, top: number, width: number, height: number): void {
    const blocks = this.#blocks;
    const edges = this.#edges;
    blocks.fill(0);
    const of = component * edgesPerComponent;
    const above = top * edgesPerMb + of + 4;
    for (let x = 0; x < width; x++) blocks[origin - stride + x] = top < 0 ? unavailable : edges[above + x]!;
    const step = 4 / height;
    for (let y = 0; y < height; y++) {
      const block = left[y * step]!;
      blocks[origin - 1 + y * stride] =
        block < 0 ? unavailable : edges[(block >> 2) * edgesPerMb + of + (block & 3)]!;
    }
  }

  /**
   * Keeps total_coeff of the right column and the bottom row. Each row of a component with two rows
   * is kept twice, so that rows stand at the height of those of luma.
   */
  #keepEdges(component: number, address: number, width: number, height: number): void {
    const blocks = this.#blocks;
    const edges = this.#edges;
    const to = address * edgesPerMb + component * edgesPerComponent;
    const shift = height === 4 ? 0 : 1;
    for (let y = 0; y < 4; y++) edges[to + y] = blocks[origin + (y >> shift) * stride + width - 1]!;
    for (let x = 0; x < width; x++) edges[to + 4 + x] = blocks[origin + (height - 1) * stride + x]!;
  }

  #readBlockAt(at: number, maxCoefficients: number): void {
    const blocks = this.#blocks;
    blocks[at] = this.#readBlock(
      tokensBySum[blocks[at - 1]! + blocks[at - stride]!],
      maxCoefficients,
      totalZeros,
    );
  }

  /**
   * residual_block_cavlc() (7.3.5.3.2).
   *
   * @param tokens undefined where nC is 8 or more
   * @returns total_coeff
   */
  #readBlock(
    tokens: CodeTable | undefined,
    maxCoefficients: number,
    zerosByTotal: readonly CodeTable[],
  ): number {
    const reader = this.#reader;
    const token = tokens ? reader.code(tokens) : this.#readLongToken();
    if (token === 0) return 0;
    const total = token >> 2;
    const trailingOnes = token & 3;
    if (total > maxCoefficients) throw new Damage();
    reader.skip(trailingOnes);
    if (total > trailingOnes) this.#readLevels(total, trailingOnes);
    if (total === maxCoefficients) return total;
    let zerosLeft = reader.code(zerosByTotal[total - 1]!);
    if (total + zerosLeft > maxCoefficients) throw new Damage();
    for (let left = total - 1; left > 0 && zerosLeft > 0; left--) {
      zerosLeft -= reader.code(runBefore[zerosLeft > 6 ? 6 : zerosLeft - 1]!);
    }
    if (zerosLeft < 0) throw new Damage();
    return total;
  }

  /**
   * coeff_token where nC is 8 or more (table 9-5): four bits of total_coeff - 1, two of trailing
   * ones. 000011 stands for no coefficients.
   */
  #readLongToken(): number {
    const bits = this.#reader.u(6);
    if (bits === 3) return 0;
    if ((bits & 3) > (bits >> 2) + 1) throw new Damage();
    return bits + 4;
  }

  /** The levels that are not trailing ones: level_prefix and level_suffix (9.2.2.1). */
  #readLevels(total: number, trailingOnes: number): void {
    const reader = this.#reader;
    let suffixLength = total > 10 && trailingOnes < 3 ? 1 : 0;
    // With less than three trailing ones, the first other level is not 1 or -1: its code starts at
    // 2.
    let codeOffset = trailingOnes < 3 ? 2 : 0;
    for (let left = total - trailingOnes; left > 0; left--) {
      const prefix = reader.levelPrefix();
      const bits = prefix >= 15 ? prefix - 3 : prefix === 14 && suffixLength === 0 ? 4 : suffixLength;
      const suffix = bits > 0 ? reader.u(bits) : 0;
      // From level_prefix 15 on levels are larger than this, but even so beyond each threshold
      // below.
      const level = (((prefix << suffixLength) + suffix + codeOffset) >> 1) + 1;
      codeOffset = 0;
      if (suffixLength === 0) suffixLength = 1;
      if (suffixLength < 6 && level > 3 << (suffixLength - 1)) suffixLength++;
    }
  }
}

import type { SliceHeader } from "../syntax/slice-header.js";
import type { CavlcReader } from "./cavlc-reader.js";
import {
  type CodeTable,
  chromaDcTokens420,
  chromaDcTokens422,
  chromaDcTotalZeros420,
  chromaDcTotalZeros422,
  runBefore,
  tokens0,
  tokens2,
  tokens4,
  totalZeros,
} from "./cavlc-tables.js";
import { Damage } from "./slice-data.js";

/** What `#edges` has of a macroblock: of each component the right column of blocks, four rows, and the lowest row. */
const edgesPerMb = 24;
const edgesPerComponent = 8;
/** total_coeff of a block that is not of the same slice: more than two others have together. */
const outside = 40;
/** Blocks of the component being read lie in rows of 8, after a row and a column of those beside the macroblock. */
const row = 8;
const first = row + 1;

/** The table of coeff_token by the sum of total_coeff of the blocks to the left and above (9.2.1). Undefined: six bits. */
const tokensBySum = Array.from({ length: 2 * outside + 1 }, (_, sum): CodeTable | undefined => {
  const nC = sum < outside ? (sum + 1) >> 1 : sum % outside;
  return nC < 2 ? tokens0 : nC < 4 ? tokens2 : nC < 8 ? tokens4 : undefined;
});

/**
 * Reads residual() coded with CAVLC (7.3.5.3, 9.2) for its syntax alone, and keeps the total_coeff that later macroblocks ask for;
 * see `CavlcSliceData`.
 *
 * An 8x8 block is sent as four 4x4 blocks, each of which counts for itself.
 */
export class CavlcResidual {
  readonly #reader: CavlcReader;
  #edges = new Uint8Array(0);
  readonly #blocks = new Uint8Array(5 * row);
  #chromaArrayType = 0;

  constructor(reader: CavlcReader) {
    this.#reader = reader;
  }

  /** @param count macroblocks of the picture */
  startSlice({ sps }: SliceHeader, count: number): void {
    this.#chromaArrayType = sps.chromaArrayType;
    if (this.#edges.length !== count * edgesPerMb) this.#edges = new Uint8Array(count * edgesPerMb);
  }

  /** Macroblocks `from` to before `to` have no coefficients. */
  setEmpty(from: number, to: number): void {
    this.#edges.fill(0, from * edgesPerMb, to * edgesPerMb);
  }

  /** An I_PCM macroblock counts as if it had all coefficients. */
  setPcm(address: number): void {
    this.#edges.fill(16, address * edgesPerMb, (address + 1) * edgesPerMb);
  }

  /**
   * residual() of a macroblock.
   *
   * @param left of each row, the 4x4 block to the left: the address of its macroblock times four, and its row; or -1
   * @param top address of the macroblock above, or -1
   * @param pattern CodedBlockPatternLuma, and CodedBlockPatternChroma above its four bits
   */
  read(address: number, left: Int32Array, top: number, pattern: number, is16x16: boolean): void {
    this.#readLuma(0, address, left, top, pattern, is16x16);
    if (this.#chromaArrayType === 3) {
      this.#readLuma(1, address, left, top, pattern, is16x16);
      this.#readLuma(2, address, left, top, pattern, is16x16);
    } else if (this.#chromaArrayType > 0) this.#readChroma(address, left, top, pattern >> 4);
  }

  /** residual_luma() of luma, or of Cb or Cr that are coded like it (7.3.5.3.1). */
  #readLuma(
    component: number,
    address: number,
    left: Int32Array,
    top: number,
    pattern: number,
    is16x16: boolean,
  ): void {
    this.#enter(component, left, top, 4, 4);
    const blocks = this.#blocks;
    if (is16x16) this.#readBlock(tokensBySum[blocks[first - 1]! + blocks[first - row]!], 16, totalZeros);
    const most = is16x16 ? 15 : 16;
    for (let part = 0; part < 4; part++) {
      if (!((pattern >> part) & 1)) continue;
      const at = first + (part >> 1) * 2 * row + (part & 1) * 2;
      this.#readBlockAt(at, most);
      this.#readBlockAt(at + 1, most);
      this.#readBlockAt(at + row, most);
      this.#readBlockAt(at + row + 1, most);
    }
    this.#leave(component, address, 4, 4);
  }

  /** The blocks of Cb and Cr of 4:2:0 and 4:2:2, two in a row (7.3.5.3). @param pattern CodedBlockPatternChroma */
  #readChroma(address: number, left: Int32Array, top: number, pattern: number): void {
    const is422 = this.#chromaArrayType === 2;
    const height = is422 ? 4 : 2;
    if (pattern > 0) {
      const tokens = is422 ? chromaDcTokens422 : chromaDcTokens420;
      const zeros = is422 ? chromaDcTotalZeros422 : chromaDcTotalZeros420;
      this.#readBlock(tokens, height * 2, zeros);
      this.#readBlock(tokens, height * 2, zeros);
    }
    for (let component = 1; component < 3; component++) {
      if (pattern < 2) {
        const edges = address * edgesPerMb + component * edgesPerComponent;
        this.#edges.fill(0, edges, edges + edgesPerComponent);
        continue;
      }
      this.#enter(component, left, top, 2, height);
      for (let y = 0; y < height; y++) {
        this.#readBlockAt(first + y * row, 15);
        this.#readBlockAt(first + y * row + 1, 15);
      }
      this.#leave(component, address, 2, height);
    }
  }

  /** Lays out the total_coeff beside the macroblock, and none within. */
  #enter(component: number, left: Int32Array, top: number, width: number, height: number): void {
    const blocks = this.#blocks;
    const edges = this.#edges;
    blocks.fill(0);
    const of = component * edgesPerComponent;
    const above = top * edgesPerMb + of + 4;
    for (let x = 0; x < width; x++) blocks[first - row + x] = top < 0 ? outside : edges[above + x]!;
    const step = 4 / height;
    for (let y = 0; y < height; y++) {
      const block = left[y * step]!;
      blocks[first - 1 + y * row] =
        block < 0 ? outside : edges[(block >> 2) * edgesPerMb + of + (block & 3)]!;
    }
  }

  /** Keeps the right column and the lowest row. Two rows of blocks count as four, as high as those of luma. */
  #leave(component: number, address: number, width: number, height: number): void {
    const blocks = this.#blocks;
    const edges = this.#edges;
    const to = address * edgesPerMb + component * edgesPerComponent;
    const shift = height === 4 ? 0 : 1;
    for (let y = 0; y < 4; y++) edges[to + y] = blocks[first + (y >> shift) * row + width - 1]!;
    for (let x = 0; x < width; x++) edges[to + 4 + x] = blocks[first + (height - 1) * row + x]!;
  }

  #readBlockAt(at: number, most: number): void {
    const blocks = this.#blocks;
    blocks[at] = this.#readBlock(tokensBySum[blocks[at - 1]! + blocks[at - row]!], most, totalZeros);
  }

  /** residual_block_cavlc() of `most` coefficients (7.3.5.3.2). @returns total_coeff */
  #readBlock(tokens: CodeTable | undefined, most: number, zerosByTotal: readonly CodeTable[]): number {
    const reader = this.#reader;
    const token = tokens ? reader.code(tokens) : this.#readLongToken();
    if (token === 0) return 0;
    const total = token >> 2;
    const trailingOnes = token & 3;
    if (total > most) throw new Damage();
    reader.skip(trailingOnes);
    if (total > trailingOnes) this.#readLevels(total, trailingOnes);
    if (total === most) return total;
    let zerosLeft = reader.code(zerosByTotal[total - 1]!);
    if (total + zerosLeft > most) throw new Damage();
    for (let left = total - 1; left > 0 && zerosLeft > 0; left--) {
      zerosLeft -= reader.code(runBefore[zerosLeft > 6 ? 6 : zerosLeft - 1]!);
    }
    if (zerosLeft < 0) throw new Damage();
    return total;
  }

  /** coeff_token where nC is 8 or more: total_coeff - 1 and trailing ones, but 3 stands for no coefficients (table 9-5). */
  #readLongToken(): number {
    const bits = this.#reader.u(6);
    if (bits === 3) return 0;
    if ((bits & 3) > (bits >> 2) + 1) throw new Damage();
    return bits + 4;
  }

  /** level_prefix and level_suffix of the levels after the trailing ones (9.2.2.1). */
  #readLevels(total: number, trailingOnes: number): void {
    const reader = this.#reader;
    let suffixLength = total > 10 && trailingOnes < 3 ? 1 : 0;
    // The first one is above 1 where there could have been another trailing one.
    let more = trailingOnes < 3 ? 2 : 0;
    for (let left = total - trailingOnes; left > 0; left--) {
      const prefix = reader.levelPrefix();
      let code = Math.min(15, prefix) << suffixLength;
      const bits = prefix >= 15 ? prefix - 3 : prefix === 14 && suffixLength === 0 ? 4 : suffixLength;
      if (bits > 0) code += reader.u(bits);
      if (prefix >= 15 && suffixLength === 0) code += 15;
      if (prefix > 15) code += (1 << (prefix - 3)) - 4096;
      const level = ((code + more) >> 1) + 1;
      more = 0;
      if (suffixLength === 0) suffixLength = 1;
      if (suffixLength < 6 && level > 3 << (suffixLength - 1)) suffixLength++;
    }
  }
}

import type { SliceHeader } from "../syntax/slice-header.js";
import type { CabacDecoder } from "./cabac-decoder.js";
import {
  chromaDcBit,
  firstRowOf8x8Bit,
  lumaDcBit,
  type MacroblockNeighbours,
  type Macroblocks,
} from "./macroblocks.js";
import { Damage } from "./slice-data.js";

// ctxBlockCat (table 9-42); of luma, Cb and Cr where each has a category.
const dc = [0, 6, 10];
const ac = [1, 7, 11];
const block4x4 = [2, 8, 12];
const block8x8 = [5, 9, 13];
const chromaDc = 3;
const chromaAc = 4;

// ctxIdxOffset + ctxBlockCatOffset, by ctxBlockCat (tables 9-34 and 9-40).
const codedBlockBase = [85, 89, 93, 97, 101, 1012, 460, 464, 468, 1016, 472, 476, 480, 1020];
const significantFrame = [105, 120, 134, 149, 152, 402, 484, 499, 513, 660, 528, 543, 557, 718];
const significantField = [277, 292, 306, 321, 324, 436, 776, 791, 805, 675, 820, 835, 849, 733];
const lastFrame = [166, 181, 195, 210, 213, 417, 572, 587, 601, 690, 616, 631, 645, 748];
const lastField = [338, 353, 367, 382, 385, 451, 864, 879, 893, 699, 908, 923, 937, 757];
const absoluteBase = [227, 237, 247, 257, 266, 426, 952, 962, 972, 708, 982, 992, 1002, 766];

// ctxIdxInc of the flags of an 8x8 block, by levelListIdx (table 9-43).
const significant8x8Frame = Uint8Array.from([
  0, 1, 2, 3, 4, 5, 5, 4, 4, 3, 3, 4, 4, 4, 5, 5, 4, 4, 4, 4, 3, 3, 6, 7, 7, 7, 8, 9, 10, 9, 8, 7, 7, 6, 11,
  12, 13, 11, 6, 7, 8, 9, 14, 10, 9, 8, 6, 11, 12, 13, 11, 6, 9, 14, 10, 9, 11, 12, 13, 11, 14, 10, 12,
]);
const significant8x8Field = Uint8Array.from([
  0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 7, 7, 8, 4, 5, 6, 9, 10, 10, 8, 11, 12, 11, 9, 9, 10, 10, 8, 11, 12, 11, 9,
  9, 10, 10, 8, 11, 12, 11, 9, 9, 10, 10, 8, 13, 13, 9, 9, 10, 10, 8, 13, 13, 9, 9, 10, 10, 14, 14, 14, 14,
  14,
]);
const last8x8 = Uint8Array.from([
  0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3,
  3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8,
]);

const identity = Uint8Array.from({ length: 16 }, (_, index) => index);
const chromaDc420 = Uint8Array.from([0, 1, 2]);
const chromaDc422 = Uint8Array.from([0, 0, 1, 1, 2, 2, 2]);

/**
 * Parses residual() coded with CABAC (7.3.5.3). It keeps coded_block_flag in `Macroblocks`, and no
 * coefficients; see `CabacSliceData`.
 */
export class CabacResidual {
  readonly #cabac: CabacDecoder;
  readonly #macroblocks: Macroblocks;
  #chromaArrayType = 1;
  /**
   * True for macroblocks of fields and field macroblocks: they have other contexts (table 9-34).
   */
  isField = false;
  /**
   * Follows x264 before build 151. In 4:4:4 it took 4x4 blocks beside an 8x8 block as outside the
   * slice; the standard takes them as blocks without coefficients (9.3.3.1.1.9).
   */
  oldX264 = false;

  constructor(cabac: CabacDecoder, macroblocks: Macroblocks) {
    this.#cabac = cabac;
    this.#macroblocks = macroblocks;
  }

  startSlice({ fieldPicFlag, sps }: SliceHeader): void {
    this.isField = fieldPicFlag;
    this.#chromaArrayType = sps.chromaArrayType;
  }

  /** @throws Damage when a coefficient is larger than any format allows */
  read(
    { left, top }: MacroblockNeighbours,
    pattern: number,
    transform8x8: boolean,
    is16x16: boolean,
    isIntra: boolean,
  ): void {
    // coded_block_flag of blocks outside the slice counts as 1 beside Intra (9.3.3.1.1.9).
    const outside = isIntra ? -1 : 0;
    const { codedLuma, codedChroma } = this.#macroblocks;
    const leftLuma = left >= 0 ? codedLuma[left]! : outside;
    const topLuma = top >= 0 ? codedLuma[top]! : outside;
    if (this.#chromaArrayType === 3) {
      this.#read444(left, top, pattern & 15, transform8x8, is16x16, outside);
      return;
    }
    if (is16x16) this.#readDc(dc[0]!, lumaDcBit, 16, leftLuma, topLuma);
    this.#macroblocks.markLuma(this.#readBlocks(0, pattern & 15, transform8x8, is16x16, leftLuma, topLuma));
    if (pattern >> 4 === 0) return;
    const coefficients = this.#chromaArrayType === 2 ? 8 : 4;
    this.#readDc(chromaDc, chromaDcBit, coefficients, leftLuma, topLuma);
    this.#readDc(chromaDc, chromaDcBit + 1, coefficients, leftLuma, topLuma);
    if (pattern >> 4 !== 2) return;
    const leftChroma = left >= 0 ? codedChroma[left]! : outside;
    const topChroma = top >= 0 ? codedChroma[top]! : outside;
    this.#readChroma(0, leftChroma, topChroma);
    this.#readChroma(1, leftChroma >> 16, topChroma >> 16);
  }

  /** 4:4:4: Cb and Cr are coded like luma. */
  #read444(
    left: number,
    top: number,
    pattern: number,
    transform8x8: boolean,
    is16x16: boolean,
    outside: number,
  ): void {
    const macroblocks = this.#macroblocks;
    const { codedLuma, codedChroma } = macroblocks;
    const leftLuma = left >= 0 ? codedLuma[left]! : outside;
    const topLuma = top >= 0 ? codedLuma[top]! : outside;
    // For 8x8 blocks only macroblocks with 8x8 transform and I_PCM count (6.4.11.2, 9.3.3.1.1.9).
    const leftSeen = transform8x8 ? spread(leftLuma >> firstRowOf8x8Bit) : -1;
    const topSeen = transform8x8 && !((topLuma >> (firstRowOf8x8Bit + 3)) & 1) ? 0 : -1;
    const unseen = this.oldX264 ? outside : 0;
    for (let component = 0; component < 3; component++) {
      const from = component === 0 ? codedLuma : codedChroma;
      const shift = component === 2 ? 16 : 0;
      const a = ((left >= 0 ? from[left]! >> shift : outside) & leftSeen) | (unseen & ~leftSeen);
      const b = ((top >= 0 ? from[top]! >> shift : outside) & topSeen) | (unseen & ~topSeen);
      if (is16x16) this.#readDc(dc[component]!, lumaDcBit + component, 16, leftLuma, topLuma);
      const own = this.#readBlocks(component, pattern, transform8x8, is16x16, a, b);
      if (component === 0) macroblocks.markLuma(own);
      else macroblocks.markChroma(component - 1, own);
    }
  }

  #readDc(category: number, bit: number, coefficients: number, left: number, top: number): void {
    const context = codedBlockBase[category]! + ((left >> bit) & 1) + 2 * ((top >> bit) & 1);
    if (this.#cabac.decision(context) === 0) return;
    this.#macroblocks.markLuma(1 << bit);
    this.#readBlock(category, coefficients);
  }

  /**
   * All blocks of luma, or in 4:4:4 of Cb or Cr, except DC.
   *
   * @returns a bit for each 4x4 block: its coded_block_flag
   */
  #readBlocks(
    component: number,
    pattern: number,
    transform8x8: boolean,
    is16x16: boolean,
    left: number,
    top: number,
  ): number {
    // Only 4:4:4 sends coded_block_flag of 8x8 blocks; elsewhere it is inferred to be 1
    // (7.4.5.3.3).
    const sends8x8Flag = this.#chromaArrayType === 3;
    const category = (transform8x8 ? block8x8 : is16x16 ? ac : block4x4)[component]!;
    const base = codedBlockBase[category]!;
    const coefficients = is16x16 ? 15 : 16;
    let own = 0;
    for (let part = 0; part < 4; part++) {
      if (!((pattern >> part) & 1)) continue;
      const x0 = (part & 1) * 2;
      const y0 = (part >> 1) * 2;
      if (transform8x8) {
        if (sends8x8Flag && this.#cabac.decision(base + flagsBeside(own, left, top, x0, y0)) === 0) continue;
        own |= 0x33 << (y0 * 4 + x0);
        this.#readBlock(category, 64);
        continue;
      }
      for (let block = 0; block < 4; block++) {
        const x = x0 + (block & 1);
        const y = y0 + (block >> 1);
        if (this.#cabac.decision(base + flagsBeside(own, left, top, x, y)) === 0) continue;
        own |= 1 << (y * 4 + x);
        this.#readBlock(category, coefficients);
      }
    }
    return own;
  }

  /** AC blocks of Cb (`component` 0) or Cr (1) in 4:2:0 and 4:2:2: two blocks per row. */
  #readChroma(component: number, left: number, top: number): void {
    const height = this.#chromaArrayType === 2 ? 1 : 2;
    const covered = height === 1 ? 0x3 : 0x33;
    let own = 0;
    for (let y = 0; y < 4; y += height) {
      for (let x = 0; x < 4; x += 2) {
        const context = codedBlockBase[chromaAc]! + flagsBeside(own, left, top, x, y);
        if (this.#cabac.decision(context) === 0) continue;
        own |= covered << (y * 4 + x);
        this.#readBlock(chromaAc, 15);
      }
    }
    this.#macroblocks.markChroma(component, own);
  }

  /** residual_block_cabac() after coded_block_flag (7.3.5.3.3). */
  #readBlock(category: number, coefficients: number): void {
    const cabac = this.#cabac;
    const significant = (this.isField ? significantField : significantFrame)[category]!;
    const last = (this.isField ? lastField : lastFrame)[category]!;
    let significantInc = identity;
    let lastInc = identity;
    if (coefficients === 64) {
      significantInc = this.isField ? significant8x8Field : significant8x8Frame;
      lastInc = last8x8;
    } else if (category === chromaDc) {
      significantInc = lastInc = coefficients === 8 ? chromaDc422 : chromaDc420;
    }
    const end = coefficients - 1;
    let count = 0;
    let index = 0;
    for (; index < end; index++) {
      if (cabac.decision(significant + significantInc[index]!) === 0) continue;
      count++;
      if (cabac.decision(last + lastInc[index]!)) break;
    }
    if (index === end) count++;
    this.#readLevels(absoluteBase[category]!, category === chromaDc ? 3 : 4, count);
  }

  /** coeff_abs_level_minus1 and coeff_sign_flag (9.3.3.1.3). @param maxInc bounds ctxIdxInc - 5 */
  #readLevels(base: number, maxInc: number, count: number): void {
    const cabac = this.#cabac;
    let ones = 0;
    let larger = 0;
    for (let left = count; left > 0; left--) {
      if (cabac.decision(base + (larger > 0 ? 0 : Math.min(4, 1 + ones))) === 0) ones++;
      else {
        const context = base + 5 + Math.min(maxInc, larger);
        let level = 2;
        while (level < 15 && cabac.decision(context)) level++;
        if (level === 15) {
          let bits = 0;
          while (cabac.bypass()) if (++bits >= 24) throw new Damage();
          while (bits-- > 0) cabac.bypass();
        }
        larger++;
      }
      cabac.bypass();
    }
  }
}

/** ctxIdxInc of coded_block_flag: the flags of the blocks to the left and above (9.3.3.1.1.9). */
function flagsBeside(own: number, left: number, top: number, x: number, y: number): number {
  const a = x > 0 ? own >> (y * 4 + x - 1) : left >> (y * 4 + 3);
  const b = y > 0 ? own >> (y * 4 - 4 + x) : top >> (12 + x);
  return (a & 1) + 2 * (b & 1);
}

/** Moves the bit of each row to the last 4x4 block of that row. */
function spread(rows: number): number {
  return ((rows & 1) << 3) | ((rows & 2) << 6) | ((rows & 4) << 9) | ((rows & 8) << 12);
}

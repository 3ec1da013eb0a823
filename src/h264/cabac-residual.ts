import type { CabacDecoder } from "./cabac-decoder.js";
import { chromaDcBit, lumaDcBit, type MacroblockNeighbours, type Macroblocks } from "./macroblocks.js";
import type { SliceHeader } from "./slice-header.js";

/** ctxBlockCat (table 9-42). */
const lumaDc = 0;
const lumaAc = 1;
const luma4x4 = 2;
const chromaDc = 3;
const chromaAc = 4;
const luma8x8 = 5;

// First ctxIdx by ctxBlockCat (tables 9-34 and 9-40).
const codedBlockBase = [85, 89, 93, 97, 101];
const significantFrame = [105, 120, 134, 149, 152, 402];
const significantField = [277, 292, 306, 321, 324, 436];
const lastFrame = [166, 181, 195, 210, 213, 417];
const lastField = [338, 353, 367, 382, 385, 451];
const absoluteBase = [227, 237, 247, 257, 266, 426];

// ctxIdxInc of an 8x8 block's flags by levelListIdx (table 9-43).
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

/** Reads residual() coded with CABAC (7.3.5.3) for its syntax alone; see `CabacSliceData`. */
export class CabacResidual {
  readonly #cabac: CabacDecoder;
  readonly #macroblocks: Macroblocks;
  #isField = false;
  #chromaFormat = 1;

  constructor(cabac: CabacDecoder, macroblocks: Macroblocks) {
    this.#cabac = cabac;
    this.#macroblocks = macroblocks;
  }

  startSlice({ fieldPicFlag, sps }: SliceHeader): void {
    this.#isField = fieldPicFlag;
    this.#chromaFormat = sps.chromaArrayType;
  }

  /** @returns false when a coefficient is beyond all bounds */
  read(
    neighbours: MacroblockNeighbours,
    pattern: number,
    transform8x8: boolean,
    is16x16: boolean,
    isIntra: boolean,
  ): boolean {
    // The coded_block_flag of blocks outside the slice (9.3.3.1.1.9).
    const outside = isIntra ? -1 : 0;
    const { codedLuma, codedChroma } = this.#macroblocks;
    const leftLuma = neighbours.left >= 0 ? codedLuma[neighbours.left]! : outside;
    const topLuma = neighbours.top >= 0 ? codedLuma[neighbours.top]! : outside;
    if (is16x16 && !this.#readDc(lumaDc, lumaDcBit, 16, leftLuma, topLuma)) return false;
    if (!this.#readLuma(pattern & 15, transform8x8, is16x16, leftLuma, topLuma)) return false;
    if (pattern >> 4 === 0) return true;
    const coefficients = this.#chromaFormat === 2 ? 8 : 4;
    if (!this.#readDc(chromaDc, chromaDcBit, coefficients, leftLuma, topLuma)) return false;
    if (!this.#readDc(chromaDc, chromaDcBit + 1, coefficients, leftLuma, topLuma)) return false;
    if (pattern >> 4 !== 2) return true;
    const leftChroma = neighbours.left >= 0 ? codedChroma[neighbours.left]! : outside;
    const topChroma = neighbours.top >= 0 ? codedChroma[neighbours.top]! : outside;
    return (
      this.#readChroma(coefficients, 0, leftChroma, topChroma) &&
      this.#readChroma(coefficients, 8, leftChroma, topChroma)
    );
  }

  #readDc(category: number, bit: number, coefficients: number, left: number, top: number): boolean {
    const context = codedBlockBase[category]! + ((left >> bit) & 1) + 2 * ((top >> bit) & 1);
    if (this.#cabac.decision(context) === 0) return true;
    this.#macroblocks.markLuma(1 << bit);
    return this.#readBlock(category, coefficients);
  }

  #readLuma(pattern: number, transform8x8: boolean, is16x16: boolean, left: number, top: number): boolean {
    const macroblocks = this.#macroblocks;
    for (let part = 0; part < 4; part++) {
      if (!((pattern >> part) & 1)) continue;
      const x0 = (part & 1) * 2;
      const y0 = (part >> 1) * 2;
      if (transform8x8) {
        // Outside of 4:4:4 the flag of an 8x8 block is not sent: it is 1.
        macroblocks.markLuma(0x33 << (y0 * 4 + x0));
        if (!this.#readBlock(luma8x8, 64)) return false;
        continue;
      }
      for (let block = 0; block < 4; block++) {
        const x = x0 + (block & 1);
        const y = y0 + (block >> 1);
        const own = macroblocks.ownLuma;
        const a = x > 0 ? own >> (y * 4 + x - 1) : left >> (y * 4 + 3);
        const b = y > 0 ? own >> (y * 4 - 4 + x) : top >> (12 + x);
        const category = is16x16 ? lumaAc : luma4x4;
        if (this.#cabac.decision(codedBlockBase[category]! + (a & 1) + 2 * (b & 1)) === 0) continue;
        macroblocks.markLuma(1 << (y * 4 + x));
        if (!this.#readBlock(category, is16x16 ? 15 : 16)) return false;
      }
    }
    return true;
  }

  /** The AC blocks of Cb (`first` 0) or Cr (`first` 8), two in a row. */
  #readChroma(blocks: number, first: number, left: number, top: number): boolean {
    const macroblocks = this.#macroblocks;
    for (let block = 0; block < blocks; block++) {
      const isLeft = (block & 1) === 0;
      const own = macroblocks.ownChroma;
      const a = isLeft ? left >> (first + block + 1) : own >> (first + block - 1);
      const b = block < 2 ? top >> (first + blocks - 2 + block) : own >> (first + block - 2);
      if (this.#cabac.decision(codedBlockBase[chromaAc]! + (a & 1) + 2 * (b & 1)) === 0) continue;
      macroblocks.markChroma(1 << (first + block));
      if (!this.#readBlock(chromaAc, 15)) return false;
    }
    return true;
  }

  /** residual_block_cabac() (7.3.5.3.3) after its coded_block_flag. */
  #readBlock(category: number, coefficients: number): boolean {
    const cabac = this.#cabac;
    const significant = (this.#isField ? significantField : significantFrame)[category]!;
    const last = (this.#isField ? lastField : lastFrame)[category]!;
    let significantInc = identity;
    let lastInc = identity;
    if (category === luma8x8) {
      significantInc = this.#isField ? significant8x8Field : significant8x8Frame;
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
    return this.#readLevels(absoluteBase[category]!, category === chromaDc ? 3 : 4, count);
  }

  /** coeff_abs_level_minus1 and the signs; `most` bounds the context of levels above 1. */
  #readLevels(base: number, most: number, count: number): boolean {
    const cabac = this.#cabac;
    let ones = 0;
    let larger = 0;
    for (let left = count; left > 0; left--) {
      if (cabac.decision(base + (larger > 0 ? 0 : Math.min(4, 1 + ones))) === 0) ones++;
      else {
        const context = base + 5 + Math.min(most, larger);
        let level = 2;
        while (level < 15 && cabac.decision(context)) level++;
        if (level === 15) {
          let bits = 0;
          while (cabac.bypass()) if (++bits >= 24) return false;
          while (bits-- > 0) cabac.bypass();
        }
        larger++;
      }
      cabac.bypass();
    }
    return true;
  }
}

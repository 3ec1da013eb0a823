import {
  blocksPerMb,
  type MacroblockNeighbours,
  type Macroblocks,
  rowOf8x8Bit,
  vectorsPerBlock,
} from "./macroblocks.js";

const valuesPerMb = blocksPerMb * vectorsPerBlock;
/** Bits of `Macroblocks.references` that say that ref_idx is above 0. */
const aboveZero = 0xff;

/**
 * The macroblocks beside another one in a frame with macroblock-adaptive frame/field coding (6.4.10, 6.4.12.2).
 *
 * Addresses go by pairs of macroblocks, one above the other: the upper one's is even. A pair is coded as two frame
 * macroblocks or as the two fields of the same place. Where a pair is not coded like the one beside it, a block has its
 * neighbours in rows, or in a macroblock, other than its own. Then a macroblock is made up that has these blocks where the
 * neighbour of the same kind would have them, so that whoever asks need not know of pairs.
 */
export class MbaffNeighbours {
  readonly #macroblocks: Macroblocks;
  /** mb_field_decoding_flag by pair. */
  #isField = new Uint8Array(0);
  readonly #neighbours = { left: -1, top: -1 };
  #pair = 0;
  /** Addresses of the upper macroblocks of the pairs to the left and above; -1 when they are not of the same slice. */
  #leftPair = -1;
  #topPair = -1;
  /** mb_field_decoding_flag of the pair and of these two. */
  #own: 0 | 1 = 0;
  #left = 0;
  #top = 0;

  constructor(macroblocks: Macroblocks) {
    this.#macroblocks = macroblocks;
  }

  /** Begins a pair: its mb_field_decoding_flag is what is inferred while it is not read (7.4.4). */
  enterPair(pair: number): void {
    const { width, count } = this.#macroblocks;
    if (this.#isField.length !== count >> 1) this.#isField = new Uint8Array(count >> 1);
    this.#pair = pair;
    const left = pair % width > 0 ? (pair - 1) * 2 : -1;
    const top = (pair - width) * 2;
    this.#leftPair = left >= 0 && this.#macroblocks.isInSlice(left) ? left : -1;
    this.#topPair = top >= 0 && this.#macroblocks.isInSlice(top) ? top : -1;
    this.#left = this.#leftPair >= 0 ? this.#isField[left >> 1]! : 0;
    this.#top = this.#topPair >= 0 ? this.#isField[top >> 1]! : 0;
    this.isField = (this.#leftPair >= 0 ? this.#left : this.#top) === 1;
  }

  /** mb_field_decoding_flag of the pair. */
  get isField(): boolean {
    return this.#own === 1;
  }

  set isField(isField: boolean) {
    this.#own = isField ? 1 : 0;
    this.#isField[this.#pair] = this.#own;
  }

  /** ctxIdxInc of mb_field_decoding_flag (9.3.3.1.1.5). */
  get fieldContext(): number {
    return this.#left + this.#top;
  }

  /**
   * The macroblocks that have the sample to the left of and above the first one of a macroblock of the pair (6.4.11.1).
   * The result is the same object each time.
   */
  beside(address: number): MacroblockNeighbours {
    const isLower = address & 1;
    const neighbours = this.#neighbours;
    neighbours.left = this.#leftPair;
    if (this.#leftPair >= 0 && this.#left === this.#own) neighbours.left += isLower;
    if (isLower === 1 && this.#own === 0) neighbours.top = address - 1;
    else {
      neighbours.top = this.#topPair;
      // The row above a pair is in the lower macroblock there, but for the upper field, which has the other one above it.
      const isUpperField = this.#own === 1 && isLower === 0 && this.#top === 1;
      if (this.#topPair >= 0 && !isUpperField) neighbours.top++;
    }
    return neighbours;
  }

  /**
   * The 4x4 block to the left of the first one in `row` of a macroblock of the pair (6.4.12.2): the address of its macroblock
   * times four, and its row there. -1 when it is not of the same slice.
   */
  leftOf(address: number, row: number): number {
    const first = this.#leftPair * 4;
    const isLower = address & 1;
    if (first < 0) return -1;
    if (this.#left === this.#own) return first + isLower * 4 + row;
    // Beside a field are both frame macroblocks, every second row; beside a frame macroblock is half of a field.
    return this.#own === 1 ? first + (row >> 1) * 4 + (row & 1) * 2 : first + isLower * 2 + (row >> 1);
  }

  /** As `beside`, but with neighbours made up where a pair is not coded like this one. */
  seenFrom(address: number): MacroblockNeighbours {
    this.beside(address);
    const neighbours = this.#neighbours;
    if (this.#leftPair >= 0 && this.#left !== this.#own) neighbours.left = this.#makeUpLeft(address & 1);
    const isOfOwnPair = neighbours.top === address - 1;
    if (this.#topPair >= 0 && !isOfOwnPair && this.#top !== this.#own)
      neighbours.top = this.#makeUpTop(neighbours.top);
    return neighbours;
  }

  #makeUpTop(source: number): number {
    const macroblocks = this.#macroblocks;
    const target = macroblocks.madeUp + 1;
    this.#copyMarks(target, source);
    macroblocks.codedBlockPattern[target] = macroblocks.codedBlockPattern[source]!;
    macroblocks.codedLuma[target] = macroblocks.codedLuma[source]!;
    macroblocks.codedChroma[target] = macroblocks.codedChroma[source]!;
    macroblocks.references[target] = this.#referencesOf(source);
    for (let column = 0; column < 4; column++) this.#copyVectors(target, 12 + column, source, 12 + column);
    return target;
  }

  /** The right column of the made up macroblock is put together; nobody looks at the others. */
  #makeUpLeft(isLower: number): number {
    const { madeUp: target, codedBlockPattern, codedLuma, codedChroma, references } = this.#macroblocks;
    const first = this.#leftPair;
    this.#copyMarks(target, first);
    let pattern = codedBlockPattern[first]! & ~15;
    // The DC blocks are those of the macroblock beside the first sample.
    let luma = codedLuma[first]! & (7 << 16);
    let chroma = 0;
    let above = 0;
    for (let row = 0; row < 4; row++) {
      const left = this.leftOf(isLower, row);
      const source = left >> 2;
      const sourceRow = left & 3;
      const bit = sourceRow * 4 + 3;
      luma |= ((codedLuma[source]! >> bit) & 1) << (row * 4 + 3);
      luma |= ((codedLuma[source]! >> (rowOf8x8Bit + sourceRow)) & 1) << (rowOf8x8Bit + row);
      chroma |= ((codedChroma[source]! >> bit) & 0x10001) << (row * 4 + 3);
      this.#copyVectors(target, row * 4 + 3, source, bit);
      if (row & 1) continue;
      const quarter = (sourceRow & 2) + 1;
      pattern |= ((codedBlockPattern[source]! >> quarter) & 1) << (row + 1);
      const of = this.#referencesOf(source) >> quarter;
      above |= ((of & 1) | (of & 16)) << (row + 1);
    }
    codedBlockPattern[target] = pattern;
    codedLuma[target] = luma;
    codedChroma[target] = chroma;
    references[target] = above;
    return target;
  }

  /** What is asked of the macroblock that has the sample beside the first one (6.4.11.1). */
  #copyMarks(target: number, source: number): void {
    const { skipped, direct, intraNxN, chromaMode, transform8x8 } = this.#macroblocks;
    for (const marks of [skipped, direct, intraNxN, chromaMode, transform8x8]) marks[target] = marks[source]!;
  }

  /** A field has two reference indices for each frame: a frame macroblock takes the first two for one (refIdxZeroFlag, 9.3.3.1.1.6). */
  #referencesOf(source: number): number {
    const references = this.#macroblocks.references[source]!;
    return (this.#own === 1 ? references : references >> 8) & aboveZero;
  }

  /** Vectors of fields are half as high (compIdx 1, 9.3.3.1.1.7). */
  #copyVectors(target: number, targetBlock: number, source: number, sourceBlock: number): void {
    const { vectors } = this.#macroblocks;
    const to = target * valuesPerMb + targetBlock * vectorsPerBlock;
    const from = source * valuesPerMb + sourceBlock * vectorsPerBlock;
    for (let of = 0; of < vectorsPerBlock; of += 2) {
      const down = vectors[from + of + 1]!;
      vectors[to + of] = vectors[from + of]!;
      vectors[to + of + 1] = this.#own === 1 ? down >> 1 : Math.min(down * 2, 0xffff);
    }
  }
}

import {
  blocksPerMb,
  firstRowOf8x8Bit,
  type MacroblockNeighbours,
  type Macroblocks,
  vectorsPerBlock,
} from "./macroblocks.js";

const valuesPerMb = blocksPerMb * vectorsPerBlock;
/** Bits of `Macroblocks.references` for ref_idx above 0. */
const aboveZero = 0xff;

/**
 * Neighbouring macroblocks in a frame with macroblock-adaptive frame/field coding (6.4.10,
 * 6.4.12.2).
 *
 * Addresses go by pairs; the top macroblock of a pair has the even one. A pair holds two frame
 * macroblocks or two field macroblocks. Where a frame pair meets a field pair, the blocks beside a
 * macroblock lie in other rows, or in two macroblocks. This class then copies them into a
 * substitute macroblock, in the rows where a neighbour of the same kind has them. So the readers of
 * contexts need no rules for pairs.
 */
export class MbaffNeighbours {
  readonly #macroblocks: Macroblocks;
  /** mb_field_decoding_flag by pair. */
  #isField = new Uint8Array(0);
  readonly #neighbours = { left: -1, top: -1 };
  #pair = 0;
  /**
   * Addresses of the top macroblocks of the pairs to the left and above; -1 where they are not
   * available.
   */
  #leftPair = -1;
  #topPair = -1;
  /** mb_field_decoding_flag of the current pair and of these two. */
  #own: 0 | 1 = 0;
  #left = 0;
  #top = 0;

  constructor(macroblocks: Macroblocks) {
    this.#macroblocks = macroblocks;
  }

  /** Begins a pair, with the mb_field_decoding_flag that is inferred where none is read (7.4.4). */
  enterPair(pair: number): void {
    const { width, count } = this.#macroblocks;
    if (this.#isField.length < count >> 1) this.#isField = new Uint8Array(count >> 1);
    this.#pair = pair;
    const left = pair % width > 0 ? (pair - 1) * 2 : -1;
    const top = (pair - width) * 2;
    this.#leftPair = left >= 0 && this.#macroblocks.isInSlice(left) ? left : -1;
    this.#topPair = top >= 0 && this.#macroblocks.isInSlice(top) ? top : -1;
    this.#left = this.#leftPair >= 0 ? this.#isField[left >> 1]! : 0;
    this.#top = this.#topPair >= 0 ? this.#isField[top >> 1]! : 0;
    this.isField = (this.#leftPair >= 0 ? this.#left : this.#top) === 1;
  }

  /** mb_field_decoding_flag of the current pair. */
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
   * The macroblocks that cover the samples to the left of and above the first sample of a
   * macroblock of the pair (6.4.11.1). Each call returns the same object.
   */
  beside(address: number): MacroblockNeighbours {
    const isLower = address & 1;
    const neighbours = this.#neighbours;
    neighbours.left = this.#leftPair;
    if (this.#leftPair >= 0 && this.#left === this.#own) neighbours.left += isLower;
    if (isLower === 1 && this.#own === 0) neighbours.top = address - 1;
    else {
      neighbours.top = this.#topPair;
      // Above is the bottom macroblock of that pair, except for two top fields: they are
      // neighbours.
      const isUpperField = this.#own === 1 && isLower === 0 && this.#top === 1;
      if (this.#topPair >= 0 && !isUpperField) neighbours.top++;
    }
    return neighbours;
  }

  /**
   * The 4x4 block to the left of a row of 4x4 blocks in a macroblock of the pair (6.4.12.2).
   *
   * @returns 4 times the address of its macroblock, plus its row there; -1 where it is not
   *   available
   */
  leftBlock(address: number, row: number): number {
    const first = this.#leftPair * 4;
    const isLower = address & 1;
    if (first < 0) return -1;
    if (this.#left === this.#own) return first + isLower * 4 + row;
    // Beside a field macroblock lie both frame macroblocks, beside a frame macroblock half of the
    // top field.
    return this.#own === 1 ? first + (row >> 1) * 4 + (row & 1) * 2 : first + isLower * 2 + (row >> 1);
  }

  /** As `beside`, but with a substitute for a neighbour whose pair is not coded like this one. */
  besideOrSubstitute(address: number): MacroblockNeighbours {
    this.beside(address);
    const neighbours = this.#neighbours;
    if (this.#leftPair >= 0 && this.#left !== this.#own) neighbours.left = this.#substituteLeft(address & 1);
    const isOfOwnPair = neighbours.top === address - 1;
    if (this.#topPair >= 0 && !isOfOwnPair && this.#top !== this.#own)
      neighbours.top = this.#substituteTop(neighbours.top);
    return neighbours;
  }

  #substituteTop(source: number): number {
    const macroblocks = this.#macroblocks;
    const target = macroblocks.firstSpare + 1;
    this.#copyMarks(target, source);
    macroblocks.codedBlockPattern[target] = macroblocks.codedBlockPattern[source]!;
    macroblocks.codedLuma[target] = macroblocks.codedLuma[source]!;
    macroblocks.codedChroma[target] = macroblocks.codedChroma[source]!;
    macroblocks.references[target] = this.#referencesOf(source);
    for (let column = 0; column < 4; column++) this.#copyVectors(target, 12 + column, source, 12 + column);
    return target;
  }

  /**
   * Fills the right column of the substitute: nothing reads the other columns of a left neighbour.
   */
  #substituteLeft(isLower: number): number {
    const { firstSpare: target, codedBlockPattern, codedLuma, codedChroma, references } = this.#macroblocks;
    const first = this.#leftPair;
    this.#copyMarks(target, first);
    let pattern = codedBlockPattern[first]! & ~15;
    // DC blocks count from the macroblock beside the first sample (6.4.11.1).
    let luma = codedLuma[first]! & (7 << 16);
    let chroma = 0;
    let above = 0;
    for (let row = 0; row < 4; row++) {
      const left = this.leftBlock(isLower, row);
      const source = left >> 2;
      const sourceRow = left & 3;
      const bit = sourceRow * 4 + 3;
      luma |= ((codedLuma[source]! >> bit) & 1) << (row * 4 + 3);
      luma |= ((codedLuma[source]! >> (firstRowOf8x8Bit + sourceRow)) & 1) << (firstRowOf8x8Bit + row);
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

  /** Copies the properties that count for a whole macroblock (6.4.11.1). */
  #copyMarks(target: number, source: number): void {
    const { skipped, direct, intraNxN, chromaMode, transform8x8 } = this.#macroblocks;
    for (const marks of [skipped, direct, intraNxN, chromaMode, transform8x8]) marks[target] = marks[source]!;
  }

  /**
   * Beside a frame macroblock, ref_idx of a field macroblock counts from 2 (refIdxZeroFlagN,
   * 9.3.3.1.1.6).
   */
  #referencesOf(source: number): number {
    const references = this.#macroblocks.references[source]!;
    return (this.#own === 1 ? references : references >> 8) & aboveZero;
  }

  /** Vertical vectors of field macroblocks are half as long (compIdx 1, 9.3.3.1.1.7). */
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

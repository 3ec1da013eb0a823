/** Addresses of the macroblocks to the left and above; -1 where they are not available (6.4.9). */
export interface MacroblockNeighbours {
  readonly left: number;
  readonly top: number;
}

/**
 * `Macroblocks.codedLuma` has the sixteen 4x4 blocks in bits 0 to 15, then the DC block of luma.
 */
export const lumaDcBit = 16;
/** Bit of the DC block of Cb. That of Cr follows. */
export const chromaDcBit = 17;
/** First of four bits, one per row of 4x4 blocks: the row belongs to 8x8 blocks or to I_PCM. */
export const firstRowOf8x8Bit = 20;

/** 4x4 luma blocks of a macroblock. */
export const blocksPerMb = 16;
/** Values of each block in `Macroblocks.vectors`. */
export const vectorsPerBlock = 4;

/**
 * The properties of the macroblocks of a picture that later ones need to choose their contexts
 * (9.3.3.1.1). Each property is an array by macroblock address.
 */
export class Macroblocks {
  #width = 0;
  /** Number of macroblocks in the picture. */
  count = 0;
  #slice = 0;
  #sliceOf = new Int32Array(0);
  #address = 0;
  readonly #neighbours = { left: -1, top: -1 };
  /** mb_skip_flag. */
  skipped = new Uint8Array(0);
  /** 1 for B_Skip and B_Direct_16x16. */
  direct = new Uint8Array(0);
  /** 1 for I_NxN. */
  intraNxN = new Uint8Array(0);
  /** 1 when intra_chroma_pred_mode is not 0. */
  chromaMode = new Uint8Array(0);
  transform8x8 = new Uint8Array(0);
  /** coded_block_pattern: CodedBlockPatternChroma above four bits of CodedBlockPatternLuma. */
  codedBlockPattern = new Uint8Array(0);
  /** coded_block_flag of luma blocks and all DC blocks, and `firstRowOf8x8Bit`. */
  codedLuma = new Int32Array(0);
  /**
   * coded_block_flag of Cb (bits 0 to 15) and Cr (16 to 31) without DC. Each 4x4 luma block has a
   * bit, for the chroma block at the same place.
   */
  codedChroma = new Int32Array(0);
  /** Bit list * 4 + sub-macroblock: ref_idx is above 0. Eight bits higher: it is above 1. */
  references = new Uint16Array(0);
  /** Absolute mvd of each 4x4 block: list 0 across and down, list 1 across and down. */
  vectors = new Uint16Array(0);

  /** Begins a picture. @param width in macroblocks, as `height` */
  start(width: number, height: number): void {
    this.#width = width;
    this.count = width * height;
    // Kept at their largest: a stream may have two sizes by turns.
    if (this.#sliceOf.length < this.count + 2) this.#allocate(this.count + 2);
    this.#sliceOf.fill(0, 0, this.count + 2);
    this.#slice = 0;
  }

  startSlice(): void {
    this.#slice++;
  }

  /** PicWidthInMbs. */
  get width(): number {
    return this.#width;
  }

  /**
   * The first of two addresses after the picture, for the macroblocks that `MbaffNeighbours` puts
   * together.
   */
  get firstSpare(): number {
    return this.count;
  }

  /** True for macroblocks that this slice has begun. */
  isInSlice(address: number): boolean {
    return this.#sliceOf[address] === this.#slice;
  }

  /** As `beside`, and begins the macroblock. */
  enter(address: number): MacroblockNeighbours {
    const neighbours = this.beside(address);
    this.begin(address);
    return neighbours;
  }

  /**
   * The neighbours of a macroblock, but not in MBAFF frames (6.4.9). Each call returns the same
   * object.
   */
  beside(address: number): MacroblockNeighbours {
    const slice = this.#slice;
    const sliceOf = this.#sliceOf;
    const neighbours = this.#neighbours;
    neighbours.left = address % this.#width > 0 && sliceOf[address - 1] === slice ? address - 1 : -1;
    neighbours.top =
      address >= this.#width && sliceOf[address - this.#width] === slice ? address - this.#width : -1;
    return neighbours;
  }

  /**
   * Adds macroblocks `from` to `to - 1` to the slice without setting their properties: CAVLC needs
   * none.
   */
  addToSlice(from: number, to: number): void {
    this.#sliceOf.fill(this.#slice, from, to);
  }

  /** Adds a macroblock to the slice and resets its properties. The setters below apply to it. */
  begin(address: number): void {
    this.#address = address;
    this.#sliceOf[address] = this.#slice;
    this.skipped[address] = 0;
    this.direct[address] = 0;
    this.intraNxN[address] = 0;
    this.chromaMode[address] = 0;
    this.transform8x8[address] = 0;
    this.codedBlockPattern[address] = 0;
    this.codedLuma[address] = 0;
    this.codedChroma[address] = 0;
    this.references[address] = 0;
    const of = blocksPerMb * vectorsPerBlock;
    this.vectors.fill(0, address * of, (address + 1) * of);
  }

  skip(isB: boolean): void {
    this.skipped[this.#address] = 1;
    if (isB) this.direct[this.#address] = 1;
  }

  setDirect(): void {
    this.direct[this.#address] = 1;
  }

  setIntra(isNxN: boolean): void {
    this.intraNxN[this.#address] = isNxN ? 1 : 0;
  }

  setPcm(): void {
    this.codedBlockPattern[this.#address] = 0x2f;
    this.codedLuma[this.#address] = -1;
    this.codedChroma[this.#address] = -1;
  }

  setChromaMode(): void {
    this.chromaMode[this.#address] = 1;
  }

  setCoded(pattern: number, transform8x8: boolean): void {
    this.codedBlockPattern[this.#address] = pattern;
    if (!transform8x8) return;
    this.transform8x8[this.#address] = 1;
    this.codedLuma[this.#address]! |= 15 << firstRowOf8x8Bit;
  }

  markLuma(bits: number): void {
    this.codedLuma[this.#address]! |= bits;
  }

  /** @param component 0 for Cb, 1 for Cr */
  markChroma(component: number, bits: number): void {
    this.codedChroma[this.#address]! |= bits << (component * 16);
  }

  /** `x`, `y`, `width` and `height` are in 4x4 blocks. */
  setReference(list: number, reference: number, x: number, y: number, width: number, height: number): void {
    if (reference === 0) return;
    const bits = reference > 1 ? 0x101 : 1;
    for (let row = y >> 1; row < (y + height) >> 1; row++) {
      for (let column = x >> 1; column < (x + width) >> 1; column++) {
        this.references[this.#address]! |= bits << (list * 4 + row * 2 + column);
      }
    }
  }

  /** ctxIdxInc of ref_idx (9.3.3.1.1.6). */
  referenceContext({ left, top }: MacroblockNeighbours, list: number, x: number, y: number): number {
    const own = this.references[this.#address]!;
    const a = x > 0 ? own : left >= 0 ? this.references[left]! : 0;
    const b = y > 0 ? own : top >= 0 ? this.references[top]! : 0;
    const fromLeft = (a >> (list * 4 + (y >> 1) * 2 + (x > 0 ? 0 : 1))) & 1;
    const fromTop = (b >> (list * 4 + (y > 0 ? 0 : 2) + (x >> 1))) & 1;
    return fromLeft + 2 * fromTop;
  }

  /**
   * absMvdComp summed over the blocks to the left and above (9.3.3.1.1.7).
   *
   * @param component 0 across, 1 down
   */
  vectorSum(
    { left, top }: MacroblockNeighbours,
    list: number,
    component: number,
    x: number,
    y: number,
  ): number {
    const vectors = this.vectors;
    const of = list * 2 + component;
    const own = this.#address;
    let sum = 0;
    if (x > 0) sum += vectors[(own * blocksPerMb + y * 4 + x - 1) * 4 + of]!;
    else if (left >= 0) sum += vectors[(left * blocksPerMb + y * 4 + 3) * 4 + of]!;
    if (y > 0) sum += vectors[(own * blocksPerMb + (y - 1) * 4 + x) * 4 + of]!;
    else if (top >= 0) sum += vectors[(top * blocksPerMb + 12 + x) * 4 + of]!;
    return sum;
  }

  setVector(
    list: number,
    across: number,
    down: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    const vectors = this.vectors;
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) {
        const at = (this.#address * blocksPerMb + row * 4 + column) * 4 + list * 2;
        vectors[at] = Math.min(across, 0xffff);
        vectors[at + 1] = Math.min(down, 0xffff);
      }
    }
  }

  #allocate(count: number): void {
    this.#sliceOf = new Int32Array(count);
    this.skipped = new Uint8Array(count);
    this.direct = new Uint8Array(count);
    this.intraNxN = new Uint8Array(count);
    this.chromaMode = new Uint8Array(count);
    this.transform8x8 = new Uint8Array(count);
    this.codedBlockPattern = new Uint8Array(count);
    this.codedLuma = new Int32Array(count);
    this.codedChroma = new Int32Array(count);
    this.references = new Uint16Array(count);
    this.vectors = new Uint16Array(count * blocksPerMb * vectorsPerBlock);
  }
}

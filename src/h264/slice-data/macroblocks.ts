/** Addresses of the macroblocks to the left and above, when they are of the same slice; else -1 (6.4.9). */
export interface MacroblockNeighbours {
  readonly left: number;
  readonly top: number;
}

/** Bits of `Macroblocks.codedLuma`: sixteen 4x4 blocks, then the DC blocks. */
export const lumaDcBit = 16;
/** Bit of the DC block of Cb; that of Cr follows. */
export const chromaDcBit = 17;
/** First of the bits that say of a row of 4x4 blocks that its coded_block_flag are those of 8x8 blocks, or of I_PCM. */
export const rowOf8x8Bit = 20;

/** 4x4 luma blocks of a macroblock. */
export const blocksPerMb = 16;
/** Values that `vectors` has of each. */
export const vectorsPerBlock = 4;

/** What later macroblocks of a picture must know of those before them to choose their contexts (9.3.3.1.1). */
export class Macroblocks {
  #width = 0;
  /** Macroblocks of the picture. */
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
  /** CodedBlockPatternLuma, and CodedBlockPatternChroma above its four bits. */
  codedBlockPattern = new Uint8Array(0);
  /** coded_block_flag of the luma blocks and of all DC blocks, a bit each, and the rows of 8x8 blocks. */
  codedLuma = new Int32Array(0);
  /**
   * coded_block_flag of the other blocks of Cb (lower half) and Cr (upper half), for each 4x4 luma block that of the chroma
   * block at the same place.
   */
  codedChroma = new Int32Array(0);
  /** Bit list * 4 + sub-macroblock: ref_idx is above 0; eight bits higher: it is above 1. */
  references = new Uint16Array(0);
  /** Absolute mvd of each 4x4 block: list 0 across, list 0 down, list 1 across, list 1 down. */
  vectors = new Uint16Array(0);

  /** A picture of so many macroblocks begins. */
  start(width: number, height: number): void {
    this.#width = width;
    this.count = width * height;
    if (this.#sliceOf.length !== this.count + 2) this.#allocate(this.count + 2);
    this.#sliceOf.fill(0);
    this.#slice = 0;
  }

  startSlice(): void {
    this.#slice++;
  }

  /** PicWidthInMbs. */
  get width(): number {
    return this.#width;
  }

  /** Address after those of the picture. It and the next one are for macroblocks made up of others (`MbaffNeighbours`). */
  get madeUp(): number {
    return this.count;
  }

  /** True for what was entered in this slice. */
  isInSlice(address: number): boolean {
    return this.#sliceOf[address] === this.#slice;
  }

  /** Begins a macroblock where addresses go by rows (6.4.9). The result is the same object each time. */
  enter(address: number): MacroblockNeighbours {
    const neighbours = this.beside(address);
    this.begin(address);
    return neighbours;
  }

  /** The neighbours of a macroblock where addresses go by rows (6.4.9). The result is the same object each time. */
  beside(address: number): MacroblockNeighbours {
    const slice = this.#slice;
    const sliceOf = this.#sliceOf;
    const neighbours = this.#neighbours;
    neighbours.left = address % this.#width > 0 && sliceOf[address - 1] === slice ? address - 1 : -1;
    neighbours.top =
      address >= this.#width && sliceOf[address - this.#width] === slice ? address - this.#width : -1;
    return neighbours;
  }

  /** Enters macroblocks `from` to before `to` in this slice, for who keeps elsewhere what is to be known of them. */
  mark(from: number, to: number): void {
    this.#sliceOf.fill(this.#slice, from, to);
  }

  /** Begins a macroblock; what was known of it is forgotten. */
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
    this.codedLuma[this.#address]! |= 15 << rowOf8x8Bit;
  }

  markLuma(bits: number): void {
    this.codedLuma[this.#address]! |= bits;
  }

  /** @param component 0 for Cb, 1 for Cr */
  markChroma(component: number, bits: number): void {
    this.codedChroma[this.#address]! |= bits << (component * 16);
  }

  /** `x`, `y`, `width` and `height` count 4x4 blocks. */
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

  /** Sum of the neighbours' absolute mvd (9.3.3.1.1.7); `component` 0 is across, 1 is down. */
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

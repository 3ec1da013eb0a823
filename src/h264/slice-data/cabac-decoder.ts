import { contextCount, initializeContexts } from "./cabac-contexts.js";

/** rangeTabLPS (table 9-44), by pStateIdx * 4 + qCodIRangeIdx. */
const rangeTabLps = [
  128, 176, 208, 240, 128, 167, 197, 227, 128, 158, 187, 216, 123, 150, 178, 205, 116, 142, 169, 195, 111,
  135, 160, 185, 105, 128, 152, 175, 100, 122, 144, 166, 95, 116, 137, 158, 90, 110, 130, 150, 85, 104, 123,
  142, 81, 99, 117, 135, 77, 94, 111, 128, 73, 89, 105, 122, 69, 85, 100, 116, 66, 80, 95, 110, 62, 76, 90,
  104, 59, 72, 86, 99, 56, 69, 81, 94, 53, 65, 77, 89, 51, 62, 73, 85, 48, 59, 69, 80, 46, 56, 66, 76, 43, 53,
  63, 72, 41, 50, 59, 69, 39, 48, 56, 65, 37, 45, 54, 62, 35, 43, 51, 59, 33, 41, 48, 56, 32, 39, 46, 53, 30,
  37, 43, 50, 29, 35, 41, 48, 27, 33, 39, 45, 26, 31, 37, 43, 24, 30, 35, 41, 23, 28, 33, 39, 22, 27, 32, 37,
  21, 26, 30, 35, 20, 24, 29, 33, 19, 23, 27, 31, 18, 22, 26, 30, 17, 21, 25, 28, 16, 20, 23, 27, 15, 19, 22,
  25, 14, 18, 21, 24, 14, 17, 20, 23, 13, 16, 19, 22, 12, 15, 18, 21, 12, 14, 17, 20, 11, 14, 16, 19, 11, 13,
  15, 18, 10, 12, 15, 17, 10, 12, 14, 16, 9, 11, 13, 15, 9, 11, 12, 14, 8, 10, 12, 14, 8, 9, 11, 13, 7, 9, 11,
  12, 7, 9, 10, 12, 7, 8, 10, 11, 6, 8, 9, 11, 6, 7, 9, 10, 6, 7, 8, 9, 2, 2, 2, 2,
];
/** The same by state, pStateIdx * 2 + valMPS, times 4, plus qCodIRangeIdx. */
const rangeLps = Uint8Array.from({ length: 512 }, (_, index) => rangeTabLps[(index >> 3) * 4 + (index & 3)]!);

/** transIdxLps (table 9-45). */
const transIdxLps = [
  0, 0, 1, 2, 2, 4, 4, 5, 6, 7, 8, 9, 9, 11, 11, 12, 13, 13, 15, 15, 16, 16, 18, 18, 19, 19, 21, 21, 22, 22,
  23, 24, 24, 25, 26, 26, 27, 27, 28, 29, 29, 30, 30, 30, 31, 32, 32, 33, 33, 33, 34, 34, 35, 35, 35, 36, 36,
  36, 37, 37, 37, 38, 38, 63,
];

/**
 * The next state, by state: pStateIdx * 2 + valMPS, after the more probable symbol; from 128 on,
 * after the less probable one.
 */
const nextState = Uint8Array.from({ length: 256 }, (_, index) => {
  const state = index & 127;
  if (index < 128) return state < 124 ? state + 2 : state;
  const valMps = state < 2 ? 1 - (state & 1) : state & 1;
  return transIdxLps[state >> 1]! * 2 + valMps;
});

/**
 * The arithmetic decoding engine (9.3.1.2, 9.3.3.2).
 *
 * `#value` holds codIOffset and up to 15 bits after it, so that the engine reads whole bytes.
 */
export class CabacDecoder {
  readonly #states = new Uint8Array(contextCount);
  #data: Uint8Array = new Uint8Array(0);
  /** Index in `#data` of the next byte to read. */
  #next = 0;
  #range = 510;
  #value = 0;
  /** Number of bits in `#value` after codIOffset: at least 8 between calls. */
  #ahead = 0;

  /**
   * Starts a slice.
   * @param data an RBSP without emulation prevention bytes. Zeros must follow it: V8 slows down
   *   all later calls once one has read past the end of an array.
   * @param start index of the first byte after cabac_alignment_one_bit
   * @param cabacInitIdc undefined for I slices
   * @param is444 ChromaArrayType is 3
   */
  start(
    data: Uint8Array,
    start: number,
    cabacInitIdc: number | undefined,
    sliceQpY: number,
    is444: boolean,
  ): void {
    this.#data = data;
    initializeContexts(this.#states, cabacInitIdc, sliceQpY, is444);
    this.#initialize(start);
  }

  /**
   * Number of bits that the engine has read, counted from the start of the RBSP. Once `terminate`
   * has returned 1, the last one is rbsp_stop_one_bit (9.3.3.2.4).
   */
  get position(): number {
    return this.#next * 8 - this.#ahead;
  }

  /** Decodes a bin with a context variable (9.3.3.2.1). @param context ctxIdx */
  decision(context: number): number {
    const state = this.#states[context]!;
    const lps = rangeLps[(state << 2) | ((this.#range >> 6) & 3)]!;
    const mps = this.#range - lps;
    const scaled = mps << this.#ahead;
    // Without branches, which a processor could not predict. All ones for the less probable symbol.
    const isLps = (scaled - this.#value - 1) >> 31;
    this.#value -= scaled & isLps;
    this.#states[context] = nextState[state | (isLps & 128)]!;
    const range = mps + ((lps - mps) & isLps);
    const shift = Math.clz32(range) - 23;
    this.#range = range << shift;
    this.#shift(shift);
    return (state ^ isLps) & 1;
  }

  /** Decodes a bypass bin (9.3.3.2.3). */
  bypass(): number {
    this.#shift(1);
    const scaled = this.#range << this.#ahead;
    if (this.#value < scaled) return 0;
    this.#value -= scaled;
    return 1;
  }

  /**
   * Decodes a bin before termination: end_of_slice_flag, or the one that says I_PCM (9.3.3.2.4).
   */
  terminate(): 0 | 1 {
    const range = this.#range - 2;
    if (this.#value >= range << this.#ahead) return 1;
    if (range >= 256) this.#range = range;
    else {
      this.#range = range << 1;
      this.#shift(1);
    }
    return 0;
  }

  /**
   * Skips pcm_alignment_zero_bit and the samples of an I_PCM macroblock, then initialises the
   * engine (9.3.1.2).
   */
  skipPcmSamples(bytes: number): void {
    this.#initialize(((this.position + 7) >> 3) + bytes);
  }

  #initialize(start: number): void {
    const data = this.#data;
    this.#range = 510;
    this.#value = (data[start]! << 16) | (data[start + 1]! << 8) | data[start + 2]!;
    this.#ahead = 15;
    this.#next = start + 3;
  }

  /** Shifts `bits` bits into codIOffset, 7 at most. */
  #shift(bits: number): void {
    this.#ahead -= bits;
    if (this.#ahead >= 8) return;
    this.#value = (this.#value << 8) | this.#data[this.#next++]!;
    this.#ahead += 8;
  }
}

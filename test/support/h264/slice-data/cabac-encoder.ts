import { initialValues, rangeTabLps, transIdxLps } from "./cabac-tables.js";

/**
 * The arithmetic encoding engine (9.3.4), by the letter of the standard and with its own tables.
 */
export class CabacEncoder {
  /** The bits so far. After `terminate(1)` the last one is rbsp_stop_one_bit, which is left out. */
  readonly bits: number[] = [];
  readonly #pStateIdx = new Map<number, number>();
  readonly #valMps = new Map<number, number>();
  #low = 0;
  #range = 510;
  #isFirst = true;
  #outstanding = 0;

  /** @param cabacInitIdc undefined for I slices */
  constructor(cabacInitIdc: number | undefined, sliceQpY: number) {
    for (const [ctxIdx, [m, n]] of initialValues(cabacInitIdc)) {
      const [pStateIdx, valMps] = initialState(m, n, sliceQpY);
      this.#pStateIdx.set(ctxIdx, pStateIdx);
      this.#valMps.set(ctxIdx, valMps);
    }
  }

  /** Encodes a bin with a context variable (9.3.4.2). */
  decision(ctxIdx: number, bin: number): void {
    const pStateIdx = this.#pStateIdx.get(ctxIdx);
    const valMps = this.#valMps.get(ctxIdx);
    if (pStateIdx === undefined || valMps === undefined)
      throw new Error(`no slice uses ctxIdx ${ctxIdx} here`);
    const rangeLps = rangeTabLps[pStateIdx * 4 + ((this.#range >> 6) & 3)]!;
    this.#range -= rangeLps;
    if (bin === valMps) this.#pStateIdx.set(ctxIdx, Math.min(pStateIdx + 1, 62));
    else {
      this.#low += this.#range;
      this.#range = rangeLps;
      if (pStateIdx === 0) this.#valMps.set(ctxIdx, 1 - valMps);
      this.#pStateIdx.set(ctxIdx, transIdxLps[pStateIdx]!);
    }
    this.#renormalize();
  }

  /** Encodes a bypass bin (9.3.4.4). */
  bypass(bin: number): void {
    this.#low *= 2;
    if (bin) this.#low += this.#range;
    this.#putFrom(1024, 512);
  }

  /** Encodes end_of_slice_flag or the bin that says I_PCM, and flushes after a 1 (9.3.4.5). */
  terminate(bin: number): void {
    this.#range -= 2;
    if (bin === 0) {
      this.#renormalize();
      return;
    }
    this.#low += this.#range;
    this.#range = 2;
    this.#renormalize();
    this.#put((this.#low >> 9) & 1);
    this.bits.push((this.#low >> 8) & 1);
  }

  /**
   * Ends what `terminate(1)` flushed for mb_type I_PCM, writes the samples, and starts again
   * (9.3.1.2).
   *
   * @param bitDepth of luma and of chroma samples
   * @param start where the first of `bits` lies, to find the next byte
   */
  pcm(
    luma: readonly number[],
    chroma: readonly number[],
    bitDepth: readonly [number, number],
    start: number,
  ): void {
    this.bits.push(1);
    while ((start + this.bits.length) % 8 !== 0) this.bits.push(0);
    for (const [samples, depth] of [
      [luma, bitDepth[0]],
      [chroma, bitDepth[1]],
    ] as const) {
      for (const sample of samples)
        for (let bit = depth - 1; bit >= 0; bit--) this.bits.push((sample >> bit) & 1);
    }
    this.#low = 0;
    this.#range = 510;
    this.#isFirst = true;
  }

  #renormalize(): void {
    while (this.#range < 256) {
      this.#putFrom(512, 256);
      this.#range *= 2;
      this.#low *= 2;
    }
  }

  #putFrom(one: number, half: number): void {
    if (this.#low < half) this.#put(0);
    else if (this.#low >= one) {
      this.#low -= one;
      this.#put(1);
    } else {
      this.#low -= half;
      this.#outstanding++;
    }
  }

  #put(bit: number): void {
    if (this.#isFirst) this.#isFirst = false;
    else this.bits.push(bit);
    for (; this.#outstanding > 0; this.#outstanding--) this.bits.push(1 - bit);
  }
}

/** pStateIdx and valMPS at the start of a slice (9.3.1.1). */
export function initialState(m: number, n: number, sliceQpY: number): [pStateIdx: number, valMps: number] {
  const qp = Math.min(Math.max(0, sliceQpY), 51);
  const preCtxState = Math.min(Math.max(1, Math.floor((m * qp) / 16) + n), 126);
  return preCtxState <= 63 ? [63 - preCtxState, 0] : [preCtxState - 64, 1];
}

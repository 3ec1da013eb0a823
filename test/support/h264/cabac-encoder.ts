import { contextCount, initializeContexts } from "../../../dist/h264/slice-data/cabac-contexts.js";
import { afterLps, afterMps, rangeLps } from "../../../dist/h264/slice-data/cabac-decoder.js";

/** The arithmetic encoding engine (9.3.4.2), which writes what `CabacDecoder` reads. */
export class CabacEncoder {
  /** What was written: all but rbsp_stop_one_bit once `terminate` got a 1. */
  readonly bits: number[] = [];
  readonly #states = new Uint8Array(contextCount);
  #low = 0;
  #range = 510;
  #isFirst = true;
  #outstanding = 0;

  constructor(cabacInitIdc: number | undefined, sliceQpY: number) {
    initializeContexts(this.#states, cabacInitIdc, sliceQpY, true);
  }

  decision(context: number, bin: number): void {
    const state = this.#states[context]!;
    const lps = rangeLps[((state >> 1) << 2) | ((this.#range >> 6) & 3)]!;
    this.#range -= lps;
    const isMps = bin === (state & 1);
    if (!isMps) {
      this.#low += this.#range;
      this.#range = lps;
    }
    this.#states[context] = (isMps ? afterMps : afterLps)[state]!;
    this.#renormalize();
  }

  bypass(bin: number): void {
    this.#low *= 2;
    if (bin) this.#low += this.#range;
    this.#putFrom(1024, 512);
  }

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

import { BitstreamError } from "../../core/errors.js";

/** The data ended within a syntax element: the NAL unit is truncated, or has not come whole. */
export class EndOfDataError extends BitstreamError {}

/**
 * Reads the RBSP of a NAL unit bit by bit (7.2). It removes emulation prevention bytes (7.4.1) on
 * the way, and so touches only the bytes that it reads.
 *
 * Each read names its syntax element and the clause of its semantics. A fault throws
 * `BitstreamError`, the end of the data `EndOfDataError`.
 */
export class RbspReader {
  readonly #data: Uint8Array;
  readonly #escaped: boolean;
  /** Index of the next byte to load. */
  #next: number;
  /** Zero bytes directly before `#next`. */
  #zeros = 0;
  #byte = 0;
  /** Bits of `#byte` not read yet. */
  #bitsLeft = 0;
  /** RBSP bytes loaded so far. */
  #loaded = 0;
  /** Where the element being read began, for faults. */
  #start = 0;
  /** Index of the byte that holds the last 1 bit; -2 until it is searched. */
  #lastByte = -2;

  /**
   * @param data a NAL unit with its header byte, or any bytes
   * @param start index of the first RBSP byte: 1 skips the NAL unit header
   * @param escaped false for bytes without emulation prevention bytes
   */
  constructor(data: Uint8Array, start = 1, escaped = true) {
    this.#data = data;
    this.#next = start;
    this.#escaped = escaped;
  }

  /** Bits read so far, counted from the start of the RBSP. */
  get bitOffset(): number {
    return this.#loaded * 8 - this.#bitsLeft;
  }

  /** u(n): an unsigned integer of `bits` bits, 0 to 32 (7.2). */
  u(bits: number, element: string, clause: string, min = 0, max = Number.POSITIVE_INFINITY): number {
    this.#start = this.bitOffset;
    const value = this.#bits(bits, element, clause);
    if (value < min || value > max) this.#outOfRange(value, element, clause, min, max);
    return value;
  }

  /** u(1) as a boolean. */
  flag(element: string, clause: string): boolean {
    this.#start = this.bitOffset;
    if (this.#bitsLeft === 0) this.#load(element, clause);
    this.#bitsLeft--;
    return ((this.#byte >>> this.#bitsLeft) & 1) === 1;
  }

  /** ue(v): an unsigned Exp-Golomb code (9.1), at most 2^32 - 2. */
  ue(element: string, clause: string, min = 0, max = Number.POSITIVE_INFINITY): number {
    this.#start = this.bitOffset;
    const value = this.#codeNum(element, clause);
    if (value < min || value > max) this.#outOfRange(value, element, clause, min, max);
    return value;
  }

  /** se(v): a signed Exp-Golomb code (9.1.1). */
  se(
    element: string,
    clause: string,
    min = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
  ): number {
    this.#start = this.bitOffset;
    const codeNum = this.#codeNum(element, clause);
    const value = codeNum % 2 === 1 ? (codeNum + 1) / 2 : 0 - codeNum / 2;
    if (value < min || value > max) this.#outOfRange(value, element, clause, min, max);
    return value;
  }

  /** Skips `bits` bits, any number. */
  skip(bits: number, element: string, clause: string): void {
    this.#start = this.bitOffset;
    let left = bits;
    while (left > this.#bitsLeft) {
      left -= this.#bitsLeft;
      this.#bitsLeft = 0;
      this.#load(element, clause);
    }
    this.#bitsLeft -= left;
  }

  /** more_rbsp_data(): true while bits remain before rbsp_trailing_bits (7.2). */
  moreRbspData(): boolean {
    if (this.#lastByte === -2) this.#lastByte = this.#findLastByte();
    const last = this.#lastByte;
    if (this.#bitsLeft === 0) {
      if (this.#next > last) return false;
      this.#load("more_rbsp_data", "7.2");
    }
    const current = this.#next - 1;
    if (current !== last) return current < last;
    const unread = this.#byte & ((1 << this.#bitsLeft) - 1);
    return unread !== 0 && unread !== 1 << (this.#bitsLeft - 1);
  }

  /**
   * Reads rbsp_trailing_bits (7.3.2.11).
   * @returns the index in the data after them; undefined if other bits come next
   */
  trailingBitsEnd(): number | undefined {
    if (this.#bitsLeft === 0) {
      if (this.#next >= this.#data.length) return undefined;
      this.#load("rbsp_stop_one_bit", "7.3.2.11");
    }
    const unread = this.#byte & ((1 << this.#bitsLeft) - 1);
    return unread === 1 << (this.#bitsLeft - 1) ? this.#next : undefined;
  }

  /** Throws a `BitstreamError` about the latest element, for rules that a range cannot express. */
  fail(message: string, element: string, clause: string): never {
    throw new BitstreamError(message, { element, clause, bitOffset: this.#start });
  }

  #bits(count: number, element: string, clause: string): number {
    let value = 0;
    let left = count;
    while (left > 0) {
      if (this.#bitsLeft === 0) this.#load(element, clause);
      const take = Math.min(left, this.#bitsLeft);
      this.#bitsLeft -= take;
      left -= take;
      const mask = (1 << take) - 1;
      // A product, because `<<` would make the 32nd bit a sign.
      value = value * (mask + 1) + ((this.#byte >>> this.#bitsLeft) & mask);
    }
    return value;
  }

  #codeNum(element: string, clause: string): number {
    let leadingZeroBits = 0;
    for (;;) {
      if (this.#bitsLeft === 0) this.#load(element, clause);
      const unread = this.#byte & ((1 << this.#bitsLeft) - 1);
      const zeros = Math.clz32(unread) - (32 - this.#bitsLeft);
      leadingZeroBits += zeros;
      this.#bitsLeft -= zeros;
      if (leadingZeroBits > 31) {
        this.fail(`${element} was no Exp-Golomb code: more than 31 leading zero bits`, element, clause);
      }
      if (unread !== 0) break;
    }
    this.#bitsLeft--;
    if (leadingZeroBits === 0) return 0;
    return ((1 << leadingZeroBits) >>> 0) - 1 + this.#bits(leadingZeroBits, element, clause);
  }

  #load(element: string, clause: string): void {
    const data = this.#data;
    if (this.#zeros >= 2 && this.#escaped && data[this.#next] === 3) {
      this.#next++;
      this.#zeros = 0;
    }
    if (this.#next >= data.length) {
      throw new EndOfDataError(`the data ended within ${element}`, {
        element,
        clause,
        bitOffset: this.#start,
      });
    }
    const byte = data[this.#next++]!;
    this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
    this.#byte = byte;
    this.#bitsLeft = 8;
    this.#loaded++;
  }

  #findLastByte(): number {
    const data = this.#data;
    let last = data.length - 1;
    while (last >= 0 && data[last] === 0) last--;
    // cabac_zero_words end in an emulation prevention byte (7.4.1).
    while (this.#escaped && last >= 2 && data[last] === 3 && data[last - 1] === 0 && data[last - 2] === 0) {
      last -= 3;
      while (last >= 0 && data[last] === 0) last--;
    }
    return last;
  }

  #outOfRange(value: number, element: string, clause: string, min: number, max: number): never {
    const expected =
      max === Number.POSITIVE_INFINITY ? `at least ${min}` : min === max ? `${min}` : `${min} to ${max}`;
    this.fail(`${element} was ${value}, expected ${expected}`, element, clause);
  }
}

/**
 * The RBSP of a NAL unit: its bytes from `start` on without emulation prevention bytes (7.4.1). A
 * view of `nal` if it has none, otherwise a copy.
 */
export function removeEmulationPrevention(nal: Uint8Array, start = 1): Uint8Array {
  let found = nextEmulationPrevention(nal, start);
  if (found < 0) return nal.subarray(start);
  const rbsp = new Uint8Array(nal.length - start);
  let written = 0;
  let from = start;
  while (found >= 0) {
    rbsp.set(nal.subarray(from, found), written);
    written += found - from;
    from = found + 1;
    found = nextEmulationPrevention(nal, from);
  }
  rbsp.set(nal.subarray(from), written);
  return rbsp.subarray(0, written + nal.length - from);
}

/** Index of the next 3 that follows two zero bytes at or after `from`, or -1. */
function nextEmulationPrevention(nal: Uint8Array, from: number): number {
  for (let at = from + 2; at < nal.length; at++) {
    const byte = nal[at]!;
    // Not 0 and not 3, so the sequence cannot end at the next two bytes.
    if (byte > 3) at += 2;
    else if (byte === 3 && nal[at - 1] === 0 && nal[at - 2] === 0) return at;
  }
  return -1;
}

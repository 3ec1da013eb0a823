import type { CodeTable } from "./cavlc-tables.js";
import { Damage } from "./slice-data.js";

/** No element of slice_data() has more zeros than these before its first 1. */
const maxLeadingZeros = 24;

/**
 * Reads the elements of slice_data() coded with CAVLC (9.1, 9.2) from an RBSP, and throws `Damage`
 * at a value that no valid slice has.
 *
 * `RbspReader` also names the element at fault, which makes it five times slower.
 */
export class CavlcReader {
  #view: DataView = new DataView(new ArrayBuffer(4));
  /** Bits read so far, from the start of the RBSP. */
  position = 0;

  /**
   * @param rbsp without emulation prevention bytes. Zeros must follow it: they end every element,
   *   because none has as many zeros.
   */
  start(rbsp: Uint8Array, position: number): void {
    this.#view = new DataView(rbsp.buffer, rbsp.byteOffset, rbsp.byteLength);
    this.position = position;
  }

  skip(bits: number): void {
    this.position += bits;
  }

  /** Skips all pcm_alignment_zero_bit. */
  align(): void {
    this.position = (this.position + 7) & ~7;
  }

  /** u(1). */
  flag(): boolean {
    const isSet = this.#peek() < 0;
    this.position++;
    return isSet;
  }

  /** u(n), 1 to 25 bits. */
  u(bits: number): number {
    const value = this.#peek() >>> (32 - bits);
    this.position += bits;
    return value;
  }

  /** ue(v), at most `max`. */
  ue(max: number): number {
    const next = this.#peek();
    const zeros = Math.clz32(next);
    let value: number;
    if (zeros <= 12) {
      this.position += 2 * zeros + 1;
      value = (next >>> (31 - 2 * zeros)) - 1;
    } else {
      if (zeros > maxLeadingZeros) throw new Damage();
      this.position += zeros;
      value = this.u(zeros + 1) - 1;
    }
    if (value > max) throw new Damage();
    return value;
  }

  /** The absolute value of se(v), at most `max`. */
  se(max: number): number {
    return (this.ue(2 * max) + 1) >> 1;
  }

  /** te(v), at most `max`, which is 1 or more. */
  te(max: number): number {
    return max === 1 ? 1 - this.u(1) : this.ue(max);
  }

  /** ce(v). @returns the value that the table gives the code */
  code(table: CodeTable): number {
    const next = this.#peek();
    const zeros = Math.clz32(next);
    const entry = table[zeros * 8 + (((next << zeros) >>> 28) & 7)]!;
    if (entry === 0) throw new Damage();
    this.position += entry >> 8;
    return entry & 0xff;
  }

  /** level_prefix (9.2.2.1): the number of zeros before a 1. */
  levelPrefix(): number {
    const zeros = Math.clz32(this.#peek());
    if (zeros > maxLeadingZeros) throw new Damage();
    this.position += zeros + 1;
    return zeros;
  }

  /** The next 25 bits or more, left-aligned, then zeros. */
  #peek(): number {
    return this.#view.getUint32(this.position >> 3) << (this.position & 7);
  }
}

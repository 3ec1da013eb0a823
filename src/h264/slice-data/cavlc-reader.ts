import type { CodeTable } from "./cavlc-tables.js";
import { Damage } from "./slice-data.js";

/** More zeros before the first 1 than any element of slice_data() has. */
const mostZeros = 24;

/**
 * Reads the elements of slice_data() coded with CAVLC (9.1, 9.2) from an RBSP. Elements that no sound slice has throw `Damage`.
 *
 * `RbspReader` names the element at fault, which takes it five times as long.
 */
export class CavlcReader {
  #view: DataView = new DataView(new ArrayBuffer(4));
  /** Bits read so far, from the start of the RBSP. */
  position = 0;

  /** @param rbsp without emulation prevention bytes, and zeros after it: none of the elements can be read over many of those */
  start(rbsp: Uint8Array, position: number): void {
    this.#view = new DataView(rbsp.buffer, rbsp.byteOffset, rbsp.byteLength);
    this.position = position;
  }

  skip(bits: number): void {
    this.position += bits;
  }

  /** pcm_alignment_zero_bit, all of them. */
  align(): void {
    this.position = (this.position + 7) & ~7;
  }

  /** u(1). */
  flag(): boolean {
    const isSet = this.#next() < 0;
    this.position++;
    return isSet;
  }

  /** u(n) of 1 to 25 bits. */
  u(bits: number): number {
    const value = this.#next() >>> (32 - bits);
    this.position += bits;
    return value;
  }

  /** ue(v), at most `most`. */
  ue(most: number): number {
    const next = this.#next();
    const zeros = Math.clz32(next);
    let value: number;
    if (zeros <= 12) {
      this.position += 2 * zeros + 1;
      value = (next >>> (31 - 2 * zeros)) - 1;
    } else {
      if (zeros > mostZeros) throw new Damage();
      this.position += zeros;
      value = this.u(zeros + 1) - 1;
    }
    if (value > most) throw new Damage();
    return value;
  }

  /** The absolute value of se(v), at most `most`. */
  se(most: number): number {
    return (this.ue(2 * most) + 1) >> 1;
  }

  /** te(v) up to `most`, which is above 0. */
  te(most: number): number {
    return most === 1 ? 1 - this.u(1) : this.ue(most);
  }

  /** ce(v): the value of a code. */
  code(table: CodeTable): number {
    const next = this.#next();
    const zeros = Math.clz32(next);
    const entry = table[zeros * 8 + (((next << zeros) >>> 28) & 7)]!;
    if (entry === 0) throw new Damage();
    this.position += entry >> 8;
    return entry & 0xff;
  }

  /** level_prefix (9.2.2.1): zeros, and the 1 after them. */
  levelPrefix(): number {
    const zeros = Math.clz32(this.#next());
    if (zeros > mostZeros) throw new Damage();
    this.position += zeros + 1;
    return zeros;
  }

  /** At least 25 bits that come next, the first one highest, and zeros. */
  #next(): number {
    return this.#view.getUint32(this.position >> 3) << (this.position & 7);
  }
}

/**
 * Writes syntax elements bit by bit, so that a test states in the standard's words what a NAL unit
 * holds.
 */
export class BitWriter {
  readonly #bits: number[] = [];

  /** The bits so far, each 0 or 1. */
  get bits(): readonly number[] {
    return this.#bits;
  }

  /** Bits so far. */
  get length(): number {
    return this.#bits.length;
  }

  /** Bits as they stand in a table of the standard; spaces are for the reader. */
  code(bits: string): this {
    for (const bit of bits.replaceAll(" ", "")) this.#bits.push(Number(bit));
    return this;
  }

  /** Bits that another writer has made. */
  append(bits: readonly number[]): this {
    for (const bit of bits) this.#bits.push(bit);
    return this;
  }

  /** u(n) */
  u(bits: number, value: number): this {
    for (let shift = bits - 1; shift >= 0; shift--) this.#bits.push(Math.floor(value / 2 ** shift) % 2);
    return this;
  }

  flag(...values: boolean[]): this {
    for (const value of values) this.#bits.push(value ? 1 : 0);
    return this;
  }

  /** ue(v) */
  ue(...values: number[]): this {
    for (const value of values) {
      const length = Math.floor(Math.log2(value + 1));
      this.u(length, 0).u(length + 1, value + 1);
    }
    return this;
  }

  /** se(v) */
  se(...values: number[]): this {
    for (const value of values) this.ue(value > 0 ? value * 2 - 1 : -value * 2);
    return this;
  }

  /** te(v) of an element that is at most `max` (9.1). */
  te(max: number, value: number): this {
    return max > 1 ? this.ue(value) : this.u(1, 1 - value);
  }

  /** Zero bits up to the next byte: pcm_alignment_zero_bit. */
  alignWithZeros(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return this;
  }

  /** One bits up to the next byte: cabac_alignment_one_bit. */
  alignWithOnes(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(1);
    return this;
  }

  /** rbsp_trailing_bits(), or any byte alignment that begins with a 1 bit. */
  trailing(): this {
    this.#bits.push(1);
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return this;
  }

  /** The bits so far, the last byte filled with zero bits. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    for (const [index, bit] of this.#bits.entries()) bytes[index >> 3]! |= bit << (7 - (index & 7));
    return bytes;
  }

  /** A NAL unit: header byte, then the bits with emulation prevention (7.4.1). */
  nal(header: number): Uint8Array {
    return Uint8Array.from([header, ...addEmulationPrevention(this.bytes())]);
  }
}

/** Inserts emulation prevention bytes into an RBSP by the letter of the standard (7.4.1). */
export function addEmulationPrevention(rbsp: Uint8Array): number[] {
  const escaped: number[] = [];
  let zeros = 0;
  for (const byte of rbsp) {
    if (zeros === 2 && byte <= 3) {
      escaped.push(3);
      zeros = 0;
    }
    escaped.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  if (zeros > 0 && escaped.at(-1) === 0) escaped.push(3);
  return escaped;
}

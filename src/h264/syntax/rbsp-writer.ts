/** Writes an RBSP bit by bit (7.2) and wraps it in a NAL unit. */
export class RbspWriter {
  readonly #bits: number[] = [];

  /** u(n): `bits` bits, the highest first; at most 31. */
  u(bits: number, value: number): this {
    for (let shift = bits - 1; shift >= 0; shift--) this.#bits.push((value >>> shift) & 1);
    return this;
  }

  /** u(1) for each value. */
  flags(...values: readonly boolean[]): this {
    for (const value of values) this.#bits.push(value ? 1 : 0);
    return this;
  }

  /** ue(v) for each value (9.1), below 2^30. */
  ue(...values: readonly number[]): this {
    for (const value of values) {
      const length = 31 - Math.clz32(value + 1);
      this.u(length, 0).u(length + 1, value + 1);
    }
    return this;
  }

  /** pcm_alignment_zero_bit, up to the next byte. */
  alignWithZeros(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return this;
  }

  /** The first `count` bits of an RBSP. */
  copy(rbsp: Uint8Array, count: number): this {
    for (let bit = 0; bit < count; bit++) this.#bits.push((rbsp[bit >> 3]! >> (7 - (bit & 7))) & 1);
    return this;
  }

  /**
   * The NAL unit: header byte, the bits, rbsp_trailing_bits(), emulation prevention bytes (7.3.1,
   * 7.3.2.11).
   */
  nalUnit(header: number): Uint8Array {
    const bits = [...this.#bits, 1];
    const bytes = [header];
    let zeros = 0;
    for (let at = 0; at < bits.length; at += 8) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit++) byte = (byte << 1) | (bits[at + bit] ?? 0);
      if (zeros === 2 && byte <= 3) {
        bytes.push(3);
        zeros = 0;
      }
      bytes.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Uint8Array.from(bytes);
  }
}

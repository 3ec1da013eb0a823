/** Cuts bytes, however they come, into pieces of one size; what is left over waits for more. */
export class ByteCutter {
  readonly #size: number;
  #left: Uint8Array = new Uint8Array(0);

  /** @param size bytes of each piece, at least 1 */
  constructor(size: number) {
    if (!(Number.isInteger(size) && size > 0))
      throw new RangeError(`piece size is ${size}: expected a whole number above 0`);
    this.#size = size;
  }

  /** The pieces that are full now. */
  *cut(data: Uint8Array): Generator<Uint8Array> {
    const all = this.#left.length > 0 ? Buffer.concat([this.#left, data]) : data;
    let at = 0;
    for (; at + this.#size <= all.length; at += this.#size) yield all.subarray(at, at + this.#size);
    this.#left = all.slice(at);
  }

  /** What is left over, if anything; nothing is left afterwards. */
  rest(): Uint8Array[] {
    const left = this.#left;
    this.#left = new Uint8Array(0);
    return left.length > 0 ? [left] : [];
  }
}

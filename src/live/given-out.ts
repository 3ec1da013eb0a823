/** Sequence numbers remembered, for replays after a reset. */
const remembered = 16_384;

/** Remembers which pictures were given out, by sequence number, so that none is given out twice. The oldest are forgotten. */
export class GivenOut {
  readonly #sequences = new Set<number>();

  /** @returns false when the picture was given out before */
  add(sequence: number): boolean {
    if (this.#sequences.has(sequence)) return false;
    this.#sequences.add(sequence);
    if (this.#sequences.size > remembered) {
      const [oldest] = this.#sequences;
      this.#sequences.delete(oldest!);
    }
    return true;
  }
}

/** Sequence numbers remembered, for replays after a reset. */
const remembered = 16_384;

/** Remembers which pictures were given out, by sequence number, so that none is given out twice. The oldest are forgotten. */
export class OutputHistory {
  readonly #sequences: Set<number>;

  /** @param sequences what was given out before */
  constructor(sequences: Iterable<number> = []) {
    this.#sequences = new Set(sequences);
  }

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

  /** All that are remembered. */
  list(): number[] {
    return [...this.#sequences];
  }
}

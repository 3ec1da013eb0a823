/** Sequence numbers that are remembered: more than a cache replays after a reset. */
const mostRemembered = 16_384;

/**
 * Remembers which pictures were output, by sequence number, so that none is output twice. Forgets
 * the oldest.
 */
export class OutputHistory {
  readonly #sequences: Set<number>;

  /** @param sequences what was output before */
  constructor(sequences: Iterable<number> = []) {
    this.#sequences = new Set(sequences);
  }

  /** Remembers a picture. @returns false when it was output before */
  add(sequence: number): boolean {
    if (this.#sequences.has(sequence)) return false;
    this.#sequences.add(sequence);
    if (this.#sequences.size > mostRemembered) {
      const [oldest] = this.#sequences;
      this.#sequences.delete(oldest!);
    }
    return true;
  }

  /** All that it remembers. */
  list(): number[] {
    return [...this.#sequences];
  }
}

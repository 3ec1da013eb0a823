/** Sequence numbers that are remembered: more than a cache replays after a reset. */
const mostRemembered = 16_384;

/**
 * Remembers what became of pictures, by sequence number: none is output twice, and none that is
 * missing counts twice. Forgets the oldest.
 */
export class OutputHistory {
  readonly #sequences: Set<number>;
  readonly #missing = new Set<number>();

  /** @param sequences what was output before */
  constructor(sequences: Iterable<number> = []) {
    this.#sequences = new Set(sequences);
  }

  /**
   * Remembers a picture that is output, or too late to be.
   * @returns false when it was output before, or was too late
   */
  add(sequence: number): boolean {
    return remember(this.#sequences, sequence);
  }

  /**
   * Remembers a picture that is not output.
   * @returns false when it was output before, or has counted
   */
  miss(sequence: number): boolean {
    return !this.#sequences.has(sequence) && remember(this.#missing, sequence);
  }

  /** What was output. */
  list(): number[] {
    return [...this.#sequences];
  }
}

function remember(sequences: Set<number>, sequence: number): boolean {
  if (sequences.has(sequence)) return false;
  sequences.add(sequence);
  if (sequences.size > mostRemembered) {
    const [oldest] = sequences;
    sequences.delete(oldest!);
  }
  return true;
}

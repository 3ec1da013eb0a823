const firstMs = 250;
const lastMs = 5000;

/**
 * The waits between attempts: 0.25 s at first, doubling up to 5 s. A random part keeps many
 * receivers from connecting at the same moment.
 */
export class BackOff {
  #baseMs = firstMs;

  /** The next wait in ms, from 250 to 5000. */
  next(): number {
    const waitMs = this.#baseMs * (1 + Math.random() / 4);
    this.#baseMs = Math.min(this.#baseMs * 2, lastMs / 1.25);
    return Math.round(waitMs);
  }

  /** Begins with the shortest wait again, after a connection that worked. */
  reset(): void {
    this.#baseMs = firstMs;
  }
}

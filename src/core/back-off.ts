const firstMs = 250;
const lastMs = 5000;

/**
 * How long to wait before the next attempt: 0.25 s, doubling to 5 s, up to a quarter more by chance
 * so that many receivers do not come back at once.
 */
export class BackOff {
  #baseMs = firstMs;

  /** The next wait in ms, from 250 to 5000. */
  next(): number {
    const waitMs = this.#baseMs * (1 + Math.random() / 4);
    this.#baseMs = Math.min(this.#baseMs * 2, lastMs / 1.25);
    return Math.round(waitMs);
  }

  /** After a connection that was good: begin with the shortest wait again. */
  reset(): void {
    this.#baseMs = firstMs;
  }
}

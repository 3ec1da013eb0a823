/** Numbers that look random, and are the same for the same seed. */
export class Random {
  #state: number;

  /**
   * @param seed several numbers are mixed, so that runs 1 and 2 of one seed have nothing in common
   */
  constructor(...seed: readonly number[]) {
    this.#state = 0x9e3779b9;
    for (const part of seed) {
      this.#state = (this.#state ^ part) >>> 0;
      this.#next();
      this.#state = Math.imul(this.#state ^ (this.#state >>> 15), 0x85ebca6b) >>> 0;
    }
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor((this.#next() / 2 ** 32) * count);
  }

  /** A whole number from `low` to `high`. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** A whole number from 1 to `high`, small ones as often as large ones. */
  size(high: number): number {
    return Math.max(1, Math.floor(high ** (this.#next() / 2 ** 32)));
  }

  chance(probability: number): boolean {
    return this.#next() / 2 ** 32 < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  /** 32 bits (mulberry32). */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}

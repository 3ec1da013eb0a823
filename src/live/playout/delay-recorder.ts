import type { Microseconds } from "../../core/time.js";

/** What a set of delays looks like; all in ms. */
export interface DelaySummary {
  /** How many. */
  readonly count: number;
  /** The median. */
  readonly p50: number;
  /** 95 in 100 are no longer. */
  readonly p95: number;
  /** 99 in 100 are no longer. */
  readonly p99: number;
  /** The longest. */
  readonly max: number;
}

/**
 * Collects delays. Bounded: beyond `capacity` the oldest are replaced, so the summary is of the
 * newest.
 */
export class DelayRecorder {
  readonly #delays: Float64Array;
  #next = 0;
  #count = 0;

  /** @param capacity delays remembered */
  constructor(capacity = 4096) {
    this.#delays = new Float64Array(capacity);
  }

  add(delay: Microseconds): void {
    this.#delays[this.#next] = delay / 1000;
    this.#next = (this.#next + 1) % this.#delays.length;
    if (this.#count < this.#delays.length) this.#count++;
  }

  /** undefined when there was none. */
  summary(): DelaySummary | undefined {
    const sorted = this.#delays.slice(0, this.#count).sort();
    if (sorted.length === 0) return undefined;
    const quantile = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return {
      count: sorted.length,
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
      max: quantile(1),
    };
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
  }
}

import type { Microseconds } from "../../core/time.js";

/** A summary of delays, all in ms. */
export interface DelaySummary {
  /** Number of delays. */
  readonly count: number;
  /** The median. */
  readonly p50: number;
  /** The 95th percentile. */
  readonly p95: number;
  /** The 99th percentile. */
  readonly p99: number;
  /** The longest. */
  readonly max: number;
}

/** Collects delays and summarises the newest. Beyond `capacity`, new ones replace the oldest. */
export class DelayRecorder {
  readonly #delays: Float64Array;
  #next = 0;
  #count = 0;

  /** @param capacity how many delays it holds */
  constructor(capacity = 4096) {
    this.#delays = new Float64Array(capacity);
  }

  add(delay: Microseconds): void {
    this.#delays[this.#next] = delay / 1000;
    this.#next = (this.#next + 1) % this.#delays.length;
    if (this.#count < this.#delays.length) this.#count++;
  }

  /** Undefined before the first delay. */
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

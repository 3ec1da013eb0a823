import type { Microseconds } from "../../../core/time.js";

/**
 * Upper bounds of the buckets, µs. Relaying takes less than 100 µs; a picture that is complete only
 * once the next one arrives may take a second.
 */
const bounds = [
  ...[50, 100, 200, 500, 1000, 2000, 5000, 10_000],
  ...[20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000],
];

/**
 * A Prometheus histogram of delays. `add` is cheap enough for every picture of a hundred streams.
 */
export class DelayHistogram {
  readonly #counts = new Float64Array(bounds.length + 1);
  #sum = 0;

  add(delay: Microseconds): void {
    let bucket = 0;
    while (bucket < bounds.length && delay > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += delay;
  }

  /** Lines of the Prometheus text format, in seconds. */
  lines(name: string, labels: string): string[] {
    let count = 0;
    const lines = [...bounds, Number.POSITIVE_INFINITY].map((bound, bucket) => {
      count += this.#counts[bucket]!;
      const le = Number.isFinite(bound) ? bound / 1_000_000 : "+Inf";
      return `${name}_bucket{${labels},le="${le}"} ${count}`;
    });
    return [...lines, `${name}_sum{${labels}} ${this.#sum / 1_000_000}`, `${name}_count{${labels}} ${count}`];
  }
}

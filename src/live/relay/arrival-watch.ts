import { fromMilliseconds, type Microseconds } from "../../core/time.js";

/** No shorter silence counts, µs. */
const shortest = fromMilliseconds(3000);
/** A silence is longer than this many usual gaps between pictures. */
const usualGaps = 2.5;
/** The longest gap to learn from, µs: a screen that stood still for an hour is not slow. */
const longestGap = fromMilliseconds(60_000);
/** How much the newest gap counts for the usual one. */
const weight = 1 / 4;

/**
 * Notices that no pictures come any more, whatever the rate at which they came: a camera that sends
 * one in ten seconds is not silent between two of them. It learns the rate from the first two.
 */
export class ArrivalWatch {
  /** When the newest picture came, or when the sender began if none has come. */
  #lastAt: Microseconds;
  #hasPicture = false;
  /** µs; undefined before the second picture. */
  #usualGap: number | undefined;

  /** @param now when the sender began */
  constructor(now: Microseconds) {
    this.#lastAt = now;
  }

  /** A picture has come. */
  note(at: Microseconds): void {
    const gap = Math.min(at - this.#lastAt, longestGap);
    this.#lastAt = at;
    if (!this.#hasPicture) this.#hasPicture = true;
    else if (this.#usualGap === undefined) this.#usualGap = gap;
    else this.#usualGap += (gap - this.#usualGap) * weight;
  }

  /** Since when nothing has come, if that is longer than usual. */
  silentSince(now: Microseconds): Microseconds | undefined {
    const bearable = Math.max(shortest, usualGaps * (this.#usualGap ?? 0));
    return now - this.#lastAt > bearable ? this.#lastAt : undefined;
  }
}

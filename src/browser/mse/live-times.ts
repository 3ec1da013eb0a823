import { fromMilliseconds } from "../../core/time.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { type SampleTime, SampleTimes } from "../../wire/sample-times.js";

/** Longest time from one picture to the next while the element's clock stops in time. */
const longestPicture = fromMilliseconds(50);
/** Largest gap that no browser takes for a discontinuity, in durations of the last picture. */
const largestGap = 0.9;
/** A picture lasts until the element's clock is this much further, or longer. */
const least = fromMilliseconds(60);

/**
 * Makes the times of pictures for a video element that plays them as they come.
 *
 * A browser takes a gap of more than two pictures' time for a discontinuity, and drops what follows
 * until the next IDR picture. So pauses are left out: the element waits at the last picture, and
 * the next one begins where that ends.
 *
 * Chromium also drops a picture whose time is over when it is decoded, and its clock may stop late.
 * So a picture that would begin in the past begins later, as far as a gap may go, and lasts longer.
 */
export class LiveTimes {
  readonly #times: SampleTimes;
  readonly #now: () => number;
  /** How much later than by the times of a file without pauses, µs. */
  #shift = 0;
  #lasted = 0;

  /** @param now the element's clock, µs since the file's beginning */
  constructor({ format }: AccessUnit, now: () => number) {
    this.#times = new SampleTimes(format.reorderDepth, longestPicture);
    this.#now = now;
  }

  /** The times of the next frame in decoding order. */
  next(unit: AccessUnit): SampleTime {
    const { decodeAt, offset, duration } = this.#times.next(unit);
    // With reordering, the pictures before one that is later would be shown after it.
    if (unit.format.reorderDepth !== 0) return { decodeAt: decodeAt + this.#shift, offset, duration };
    const now = this.#now();
    const late = now - (decodeAt + this.#shift);
    this.#shift += Math.min(Math.max(0, late), this.#lasted * largestGap);
    const at = decodeAt + this.#shift;
    this.#lasted = Math.max(duration, now + least - at);
    this.#shift += this.#lasted - duration;
    return { decodeAt: at, offset, duration: this.#lasted };
  }
}

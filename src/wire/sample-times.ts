import type { AccessUnit } from "../h264/access-unit.js";

/** When a sample is decoded, how much later it is shown, and how long it lasts; µs. */
export interface SampleTime {
  /** From 0, rising: that of the sample before and its `duration`, or later after a pause. */
  readonly decodeAt: number;
  /** Shown so much after `decodeAt`. */
  readonly offset: number;
  readonly duration: number;
}

/** Interval assumed before one was measured: 30 pictures a second. */
const firstInterval = 33_333;
/**
 * No camera is faster: what comes at once, or at a rate that no picture has, still gets times that
 * rise.
 */
const shortestInterval = 1000;
/** Decoding times that are so far behind arrival start anew there. */
const largestDrift = 500_000;
/** Pictures that a picture may be shown late by its order count: the largest DPB. */
const largestReordering = 16;

/**
 * Gives pictures that carry no time the two that a container wants: evenly spaced by the SPS's
 * rate, where that is right, or the rate at which they come, held to their arrival; shown in the
 * order of their order counts.
 *
 * Time is a row of slots, one a picture, which stay where they are once a picture was given one:
 * decoded in the slot of its own number, shown in that of its place in output order. So no jitter
 * can bring pictures out of order.
 */
export class SampleTimes {
  /**
   * Undefined where it is not known: pictures may then be shown before they are decoded, as far as
   * numbers go.
   */
  readonly #reorderDepth: number | undefined;
  /** Times of the slots from `#firstSlot` on. */
  #slots: number[] = [];
  #firstSlot = 0;
  /** When the slot after these begins, unless there is a pause. */
  #nextAt = 0;
  /** Number of the newest picture in decoding order. */
  #index = -1;
  #interval = firstInterval;
  /** When the first and the newest picture came, and how long after the one before. */
  #arrivals: { readonly first: number; readonly last: number; readonly gap: number } | undefined;
  /**
   * False once the times by it have drifted away from arrival: many an SPS states a rate at which
   * no picture comes.
   */
  #isStatedRateRight = true;
  /** Order count and number of the picture that order counts are counted from. */
  #orderStart = { pictureOrderCount: 0, index: 0 };
  /** Difference of order counts between neighbours: 2, or 1 in streams that count frames by one. */
  #step = 2;
  #lastCount: number | undefined;

  constructor(reorderDepth: number | undefined) {
    this.#reorderDepth = reorderDepth;
  }

  /** Takes the frames in decoding order; of two fields the first. */
  next(unit: AccessUnit): SampleTime {
    this.#index++;
    this.#learnInterval(unit);
    this.#forget();
    const shown = this.#index + this.#later(unit);
    const decodeAt = this.#timeOf(this.#index);
    const offset = this.#timeOf(shown) - decodeAt;
    const end = this.#slots[this.#index + 1 - this.#firstSlot] ?? this.#nextAt;
    return { decodeAt, offset, duration: end - decodeAt };
  }

  #learnInterval({ lastByteAt, format }: AccessUnit): void {
    const known = this.#arrivals;
    const { first, last } = known ?? { first: lastByteAt, last: lastByteAt };
    const gap = lastByteAt - last;
    this.#arrivals = { first, last: lastByteAt, gap };
    if (format.pictureRate !== undefined && this.#isStatedRateRight)
      this.#interval = 1_000_000 / format.pictureRate;
    // A gap of 0 counts as well: of pictures that come together, all but the first have it.
    else if (known && gap < largestDrift) this.#interval += (gap - this.#interval) / 16;
    this.#interval = Math.max(shortestInterval, this.#interval);
  }

  /** How many pictures later than it is decoded it is shown. */
  #later({ picture, discontinuity }: AccessUnit): number {
    if (this.#reorderDepth === 0) return 0;
    const { pictureOrderCount } = picture;
    if (picture.idr || picture.startsOrder || discontinuity || this.#lastCount === undefined) {
      this.#orderStart = { pictureOrderCount, index: this.#index };
    } else if (Math.abs(pictureOrderCount - this.#lastCount) === 1) {
      this.#step = 1;
    }
    this.#lastCount = pictureOrderCount;
    const place = Math.round((pictureOrderCount - this.#orderStart.pictureOrderCount) / this.#step);
    const later = place - (this.#index - this.#orderStart.index) + (this.#reorderDepth ?? 0);
    const lowest = this.#reorderDepth === undefined ? -largestReordering : 0;
    return Math.min(largestReordering, Math.max(lowest, later));
  }

  #timeOf(slot: number): number {
    while (slot >= this.#firstSlot + this.#slots.length) this.#addSlot();
    return this.#slots[Math.max(0, slot - this.#firstSlot)]!;
  }

  /** The one after it begins an interval later, drawn towards the arrival of the newest picture. */
  #addSlot(): void {
    const { first, last, gap } = this.#arrivals!;
    const ahead = this.#firstSlot + this.#slots.length - this.#index;
    const error = last - first + ahead * this.#interval - this.#nextAt;
    const isFar = Math.abs(error) > largestDrift;
    if (isFar && gap < largestDrift) this.#isStatedRateRight = false;
    const at = isFar && error > 0 ? Math.round(this.#nextAt + error) : this.#nextAt;
    const pull = isFar ? Math.min(0, error) : error / 32;
    this.#slots.push(at);
    this.#nextAt = at + Math.round(Math.max(this.#interval + pull, this.#interval / 2));
  }

  /** Slots that no picture can be shown in any more. */
  #forget(): void {
    const old = this.#index - largestReordering - this.#firstSlot;
    if (old < largestReordering) return;
    this.#slots.splice(0, old);
    this.#firstSlot += old;
  }
}

import type { AccessUnit } from "../h264/access-unit.js";

/** When a sample is decoded, how much later it is shown, and how long it lasts; µs. */
export interface SampleTime {
  /** From 0, rising. */
  readonly decodeAt: number;
  /** Shown so much after `decodeAt`. */
  readonly offset: number;
  readonly duration: number;
}

/** Interval assumed before one was measured: 30 pictures a second. */
const firstInterval = 33_333;
/** Decoding times that are this far from arrival start anew there. */
const largestDrift = 500_000;
/** Pictures that a picture may be shown late by its order count: the largest DPB. */
const largestReordering = 16;

/**
 * Gives pictures that carry no time the two that a container wants: evenly spaced by the SPS's rate or the rate at which
 * they come, held to their arrival; shown in the order of their order counts.
 *
 * Time is a row of slots, one a picture, which stay where they are once a picture was given one: decoded in the slot of
 * its own number, shown in that of its place in output order. So no jitter can bring pictures out of order.
 */
export class SampleTimes {
  /** Undefined where it is not known: pictures may then be shown before they are decoded, as far as numbers go. */
  readonly #reorderDepth: number | undefined;
  /** Times of the slots from `#firstSlot` on. */
  #slots: number[] = [0];
  #firstSlot = 0;
  /** Number of the newest picture in decoding order. */
  #index = -1;
  #interval = firstInterval;
  #arrivals: { readonly first: number; readonly last: number } | undefined;
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
    return { decodeAt, offset: this.#timeOf(shown) - decodeAt, duration: Math.round(this.#interval) };
  }

  #learnInterval({ lastByteAt, format }: AccessUnit): void {
    const { first, last } = this.#arrivals ?? { first: lastByteAt, last: lastByteAt };
    this.#arrivals = { first, last: lastByteAt };
    const gap = lastByteAt - last;
    if (format.pictureRate !== undefined) this.#interval = 1_000_000 / format.pictureRate;
    else if (gap > 0 && gap < largestDrift) this.#interval += (gap - this.#interval) / 16;
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
    while (slot >= this.#firstSlot + this.#slots.length) this.#slots.push(this.#nextSlot());
    return this.#slots[Math.max(0, slot - this.#firstSlot)]!;
  }

  /** One interval after the last slot, drawn towards the arrival of the newest picture. */
  #nextSlot(): number {
    const due = this.#slots.at(-1)! + this.#interval;
    const { first, last } = this.#arrivals!;
    const ahead = this.#firstSlot + this.#slots.length - this.#index;
    const error = last - first + ahead * this.#interval - due;
    const at = Math.abs(error) > largestDrift ? due + error : due + error / 32;
    return Math.round(Math.max(at, due - this.#interval / 2));
  }

  /** Slots that no picture can be shown in any more. */
  #forget(): void {
    const old = this.#index - largestReordering - this.#firstSlot;
    if (old < largestReordering) return;
    this.#slots.splice(0, old);
    this.#firstSlot += old;
  }
}

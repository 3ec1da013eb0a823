import type { AccessUnit } from "../h264/access-unit.js";

/** When a sample is decoded, how much later it is shown, and how long it lasts, µs. */
export interface SampleTime {
  /** Starts at 0 and rises: the previous sample's plus its `duration`, or later after a pause. */
  readonly decodeAt: number;
  /** Time from `decodeAt` until it is shown. */
  readonly offset: number;
  readonly duration: number;
}

/** Interval until one has been measured: 30 pictures per second. */
const firstInterval = 33_333;
/**
 * Shortest interval between pictures. No camera is faster, and times must rise even for pictures
 * that arrive together or state an absurd rate.
 */
const shortestInterval = 1000;
/** Decoding times that fall this far behind arrival jump to arrival. */
const largestDrift = 500_000;
/** Most places by which output order may differ from decoding order: the largest DPB. */
const largestReordering = 16;

/**
 * Makes the decoding and presentation times that a container needs, for pictures that carry none.
 *
 * Pictures are spaced evenly, by the SPS's rate if that proves right and by their measured rate
 * otherwise. Their times follow arrival slowly.
 *
 * Time is a row of slots, one per picture. A slot does not move once a picture has used it. A
 * picture is decoded in the slot of its number in decoding order and shown in that of its number in
 * output order. So jitter cannot reorder pictures.
 */
export class SampleTimes {
  /** Undefined if unknown: then a picture's presentation time may precede its decoding time. */
  readonly #reorderDepth: number | undefined;
  /** Times of the slots from `#firstSlot` on. */
  #slots: number[] = [];
  #firstSlot = 0;
  /** When the slot after these begins if no pause comes. */
  #nextAt = 0;
  /** Number of the newest picture in decoding order. */
  #index = -1;
  #interval = firstInterval;
  /** When the first and the newest picture arrived, and the gap before the newest. */
  #arrivals: { readonly first: number; readonly last: number; readonly gap: number } | undefined;
  /** False once times by the SPS's rate drifted away from arrival: some SPS state a wrong rate. */
  #isStatedRateRight = true;
  /** Order count and number of the picture at which order counts started. */
  #orderStart = { pictureOrderCount: 0, index: 0 };
  /** Order counts between neighbours: 2, or 1 in streams that count frames by one. */
  #step = 2;
  #lastCount: number | undefined;

  constructor(reorderDepth: number | undefined) {
    this.#reorderDepth = reorderDepth;
  }

  /** The times of the next frame in decoding order. For two fields, call it with the first. */
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
    // A gap of 0 counts as well: pictures that arrive together have it, except the first.
    else if (known && gap < largestDrift) this.#interval += (gap - this.#interval) / 16;
    this.#interval = Math.max(shortestInterval, this.#interval);
  }

  /** How many slots after its decoding slot the picture is shown. */
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

  /** Adds a slot. The next one begins an interval later, pulled towards the newest arrival. */
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

  /** Drops slots in which no picture can be shown any more. */
  #forget(): void {
    const old = this.#index - largestReordering - this.#firstSlot;
    if (old < largestReordering) return;
    this.#slots.splice(0, old);
    this.#firstSlot += old;
  }
}

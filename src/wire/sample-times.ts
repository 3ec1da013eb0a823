import type { AccessUnit } from "../h264/access-unit.js";
import { ShownTimes } from "./shown-times.js";

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
 *
 * Pictures may precede in output order the random access point that they follow in decoding order
 * (open GOP, negative order counts). A recovery point that comes first leaves slots for them. Where
 * one has no slot all the same, it is shown between its neighbours in output order, and the
 * pictures from then on are shown later by what was missing.
 */
export class SampleTimes {
  /** Undefined if unknown: then a picture's presentation time may precede its decoding time. */
  readonly #reorderDepth: number | undefined;
  readonly #longest: number;
  /**
   * How many slots after its decoding slot a picture is shown that is as early in output order as
   * in decoding order. Grows when a picture proves it too small.
   */
  #lead: number;
  /** Times of the slots from `#firstSlot` on. */
  #slots: number[] = [];
  #firstSlot = 0;
  /** When the slot after these begins if no pause comes. */
  #nextAt = 0;
  /** Number of the newest picture in decoding order. */
  #index = -1;
  #interval = firstInterval;
  /** The mean of the latest gaps between arrivals. */
  #measured = firstInterval;
  /** When the first and the newest picture arrived, and the gap before the newest. */
  #arrivals: { readonly first: number; readonly last: number; readonly gap: number } | undefined;
  /** False once times by the SPS's rate drifted away from arrival: some SPS state a wrong rate. */
  #isStatedRateRight = true;
  /** Order count of the picture that started the order, and the slot in which it is shown. */
  #orderStart = { pictureOrderCount: 0, slot: 0 };
  /** Order counts between neighbours: 2, or 1 in streams that count frames by one. */
  #step = 2;
  #lastCount: number | undefined;
  readonly #shown = new ShownTimes();

  /**
   * @param longestPicture no picture lasts longer, µs, and pauses are left out: each picture is
   *   decoded where the one before it ends. Default: times follow pauses
   */
  constructor(reorderDepth: number | undefined, longestPicture = Number.POSITIVE_INFINITY) {
    this.#reorderDepth = reorderDepth;
    this.#longest = longestPicture;
    this.#lead = reorderDepth ?? 0;
  }

  /** The times of the next frame in decoding order. For two fields, call it with the first. */
  next(unit: AccessUnit): SampleTime {
    this.#index++;
    this.#learnInterval(unit);
    this.#forget();
    const slot = this.#slotOf(unit);
    const decodeAt = this.#timeOf(this.#index);
    const { pictureOrderCount } = unit.picture;
    const shownAt = this.#shown.place(pictureOrderCount, this.#timeOf(slot), this.#interval);
    const offset = shownAt - decodeAt;
    const end = this.#slots[this.#index + 1 - this.#firstSlot] ?? this.#nextAt;
    return { decodeAt, offset, duration: end - decodeAt };
  }

  #learnInterval({ lastByteAt, format }: AccessUnit): void {
    const known = this.#arrivals;
    const last = known?.last ?? lastByteAt;
    const gap = lastByteAt - last;
    const first = Math.max(known?.first ?? lastByteAt, lastByteAt - this.#nextAt - 2 * this.#longest);
    this.#arrivals = { first, last: lastByteAt, gap };
    if (format.pictureRate !== undefined && this.#isStatedRateRight) {
      this.#interval = this.#bounded(1_000_000 / format.pictureRate);
      this.#measured = this.#interval;
      return;
    }
    // A gap of 0 counts as well: pictures that arrive together have it, except the first.
    if (known && gap < largestDrift) this.#measured += (gap - this.#measured) / 16;
    // Equal intervals take no room in a file's index.
    const isOther = Math.abs(this.#measured - this.#interval) > this.#interval / 128;
    if (isOther) this.#interval = this.#bounded(this.#measured);
  }

  #bounded(interval: number): number {
    return Math.min(this.#longest, Math.max(shortestInterval, interval));
  }

  /** The slot in which a picture is shown. */
  #slotOf({ picture, discontinuity, randomAccess, recoveryFrameCount }: AccessUnit): number {
    const { pictureOrderCount } = picture;
    const last = this.#lastCount;
    this.#lastCount = pictureOrderCount;
    const mayLead = last === undefined && randomAccess === "recovery-point" && recoveryFrameCount === 0;
    if (mayLead && this.#reorderDepth !== 0) this.#lead += largestReordering;
    if (picture.idr || picture.startsOrder || discontinuity || last === undefined) {
      return this.#startOrder(pictureOrderCount);
    }
    if (Math.abs(pictureOrderCount - last) === 1) this.#step = 1;
    const isLate = pictureOrderCount < last;
    // Without reordering, counts need not rise by the same step.
    if (this.#lead === 0 && this.#reorderDepth === 0 && !isLate) return this.#index;
    const start = this.#orderStart;
    const wanted = start.slot + Math.round((pictureOrderCount - start.pictureOrderCount) / this.#step);
    const earliest = this.#index - (this.#reorderDepth === undefined ? largestReordering : 0);
    const missing = Math.max(0, earliest - wanted);
    if (missing > largestReordering) return this.#startOrder(pictureOrderCount);
    start.slot += missing;
    if (isLate) this.#lead = Math.max(this.#lead, Math.min(this.#lead + missing, largestReordering));
    return Math.min(wanted + missing, this.#index + 2 * largestReordering);
  }

  #startOrder(pictureOrderCount: number): number {
    const slot = this.#index + this.#lead;
    this.#orderStart = { pictureOrderCount, slot };
    this.#shown.startOrder();
    return slot;
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
    const pull = isFar ? Math.min(0, error) : Math.abs(error) < this.#interval / 2 ? 0 : error / 32;
    this.#slots.push(at);
    this.#nextAt = at + Math.max(this.#interval + pull, this.#interval / 2);
  }

  /** Drops slots in which no picture can be shown any more. */
  #forget(): void {
    const old = this.#index - largestReordering - this.#firstSlot;
    if (old < largestReordering) return;
    this.#slots.splice(0, old);
    this.#firstSlot += old;
  }
}

import { type Microseconds, microseconds } from "../../core/time.js";
import type { AccessUnit } from "../../h264/access-unit.js";

/** A timeline this far from arrival is no longer the sender's: it starts again, µs. */
const largestDrift = 500_000;

/** Pictures per second of a file whose SPS states no rate. */
const rateOfFiles = 25;

type TimedUnit = Pick<AccessUnit, "epoch" | "format" | "lastByteAt" | "picture">;

/** A frame, or a pair of fields. */
interface TimedPicture {
  /** Its access unit, or that of its first field. */
  readonly unit: TimedUnit;
  /** The access unit with its last byte. */
  readonly lastUnit: TimedUnit;
}

/**
 * Tells when a picture is due, in a stream without timestamps.
 *
 * A picture is due after the previous one, later by the SPS's picture interval for each step
 * between their order counts. In a live stream the times follow arrival slowly, which smooths its
 * jitter. Arrival means nothing for a file, whose pictures come as fast as they are read. Times
 * always rise.
 */
export class PresentationTime {
  #last: { readonly at: number; readonly pictureOrderCount: number; readonly epoch: number } | undefined;
  /** Order counts between neighbours: 2, or 1 in streams that count frames by one. */
  #step = 2;
  readonly #isLive: boolean;

  constructor(isLive: boolean) {
    this.#isLive = isLive;
  }

  /**
   * The time of the next picture in output order. A pair of fields is one picture: it arrives with
   * its second field, and has the lower order count of the two (8.2.1).
   */
  next({ unit, lastUnit }: TimedPicture): Microseconds {
    const arrival = lastUnit.lastByteAt;
    const pictureOrderCount = Math.min(unit.picture.pictureOrderCount, lastUnit.picture.pictureOrderCount);
    const rate = unit.format.pictureRate ?? (this.#isLive ? undefined : rateOfFiles);
    const last = this.#last;
    let at: number = arrival;
    if (rate !== undefined && last && last.epoch === unit.epoch) {
      const difference = pictureOrderCount - last.pictureOrderCount;
      if (difference === 1) this.#step = 1;
      const pictures = difference > 0 && difference <= 16 ? difference / this.#step : 1;
      const due = last.at + (pictures * 1_000_000) / rate;
      if (!this.#isLive) at = due;
      else if (Math.abs(due - arrival) < largestDrift) at = due + (arrival - due) / 64;
    }
    // A burst runs ahead of its arrival until its timeline starts again. Without a rate, B pictures
    // arrive after the pictures that they precede.
    if (last) at = Math.max(at, last.at + 1);
    this.#last = { at, pictureOrderCount, epoch: unit.epoch };
    return microseconds(Math.round(at));
  }
}

import { type Microseconds, microseconds } from "../../core/time.js";
import type { AccessUnit } from "../../h264/access-unit.js";

/** A timeline that is this far from arrival is not the sender's any more: it starts anew. */
const largestDrift = 500_000;

/** Pictures a second of a file whose SPS does not say. */
const rateOfFiles = 25;

type TimedUnit = Pick<AccessUnit, "epoch" | "format" | "lastByteAt" | "picture">;

/** A frame, or a pair of fields. */
interface TimedPicture {
  /** Its access unit; of a pair of fields, that of the first. */
  readonly unit: TimedUnit;
  /** The access unit with its last byte. */
  readonly lastUnit: TimedUnit;
}

/**
 * When a picture is due, in a stream without timestamps: one picture interval of the SPS after the
 * one before, by the distance of their order counts; held to the arrival times, whose jitter it
 * smooths. A file's pictures come as fast as they are taken: arrival says nothing of them. Each is
 * due after the one before, whatever comes.
 */
export class PresentationTime {
  #last: { readonly at: number; readonly pictureOrderCount: number; readonly epoch: number } | undefined;
  /**
   * Difference of order counts between neighbouring pictures: 2, or 1 in streams that count frames
   * by one.
   */
  #step = 2;
  readonly #isLive: boolean;

  constructor(isLive: boolean) {
    this.#isLive = isLive;
  }

  /**
   * Takes pictures in output order. Two fields are one picture: it has arrived with the second, and
   * has the lower count (8.2.1).
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
    // A burst runs ahead of its arrival until its timeline starts anew; without a rate, B pictures
    // arrive after what they precede.
    if (last) at = Math.max(at, last.at + 1);
    this.#last = { at, pictureOrderCount, epoch: unit.epoch };
    return microseconds(Math.round(at));
  }
}

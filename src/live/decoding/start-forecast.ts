import { type Microseconds, microseconds } from "../../core/time.js";
import { type AccessUnit, isStart } from "../../h264/access-unit.js";

/** Foretells, for a decoder that will jump to the next start, whether one more picture before it is worth its time. */
export class StartForecast {
  #latest: { readonly epoch: number; readonly sequence: number; readonly at: Microseconds } | undefined;
  /** The start received last. */
  #start: { readonly sequence: number; readonly at: Microseconds } | undefined;
  /** From that start to the one before: access units, and the time from one to the next. */
  #group: { readonly length: number; readonly interval: number } | undefined;
  /** Mean time to decode a byte of a picture that is no start, µs. */
  #byteTime: number | undefined;

  /** Takes every access unit, as it is received. */
  received(unit: AccessUnit): void {
    const { epoch, sequence, completeAt: at } = unit;
    if (this.#latest?.epoch !== epoch) {
      this.#start = undefined;
      this.#group = undefined;
    }
    this.#latest = { epoch, sequence, at };
    if (!isStart(unit)) return;
    if (this.#start) {
      const length = sequence - this.#start.sequence;
      this.#group = { length, interval: (at - this.#start.at) / length };
    }
    this.#start = { sequence, at };
  }

  /** Learns from what was decoded. */
  decoded(unit: AccessUnit, time: Microseconds): void {
    if (isStart(unit)) return;
    const byteTime = time / unit.data.length;
    this.#byteTime =
      this.#byteTime === undefined ? byteTime : this.#byteTime + (byteTime - this.#byteTime) / 8;
  }

  /**
   * How long the next start should be waited for instead of decoding that one now; 0 when it should be decoded.
   *
   * A picture more makes what is in view younger by the time between two pictures, and all of the next group older by the time for
   * which its start has to wait. A start takes the time of several pictures, so there is no making up for it within the group.
   */
  waitInsteadOf(unit: AccessUnit, now: Microseconds): Microseconds {
    const at = this.#nextStartAt;
    if (at === undefined || this.#byteTime === undefined) return microseconds(0);
    const rest = at + this.#group!.interval - now;
    return microseconds(unit.data.length * this.#byteTime > rest ? Math.max(0, rest) : 0);
  }

  /**
   * Where the last group was as long as this one will be; undefined where this one is longer already. Counted from the newest access
   * unit: what came while the thread was busy was read at the end of that, but the newest is not much older than it seems.
   */
  get #nextStartAt(): number | undefined {
    if (!this.#latest || !this.#start || !this.#group) return undefined;
    const toCome = this.#start.sequence + this.#group.length - this.#latest.sequence;
    return toCome > 0 ? this.#latest.at + toCome * this.#group.interval : undefined;
  }
}

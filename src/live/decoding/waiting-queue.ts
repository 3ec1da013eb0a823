import { type Microseconds, microseconds } from "../../core/time.js";
import { type AccessUnit, memoryOf } from "../../h264/access-unit.js";

interface Waiting {
  unit: AccessUnit;
  since: Microseconds;
}

/** Bounds of a `WaitingQueue`. Its owner decides what to do beyond them. */
export interface WaitingQueueBounds {
  /** Bytes of memory that may wait (`memoryOf`). Default 32 MiB. */
  readonly maxBytes?: number;
  /** Access units that may wait. Default 4096. */
  readonly maxUnits?: number;
}

/** Access units that wait to be decoded, with their memory and the time since when they wait. */
export class WaitingQueue {
  readonly #maxBytes: number;
  readonly #maxUnits: number;
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor({ maxBytes = 32 * 1024 * 1024, maxUnits = 4096 }: WaitingQueueBounds = {}) {
    this.#maxBytes = maxBytes;
    this.#maxUnits = maxUnits;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** True when more waits than this part of the bounds. */
  isBeyond(part: number): boolean {
    return this.#bytes > this.#maxBytes * part || this.length > this.#maxUnits * part;
  }

  /** The oldest access unit. */
  get first(): AccessUnit | undefined {
    return this.#waiting[0]?.unit;
  }

  /** Since when the oldest access unit waits. */
  get since(): Microseconds | undefined {
    return this.#waiting[0]?.since;
  }

  push(unit: AccessUnit, since: Microseconds): void {
    this.#waiting.push({ unit, since });
    this.#bytes += memoryOf(unit);
  }

  /** Removes the oldest access unit. */
  shift(): AccessUnit | undefined {
    return this.take(0, 1)[0];
  }

  /** Removes those from index `from` (0 is the oldest) to before `to`. */
  take(from: number, to: number): readonly AccessUnit[] {
    const units = this.#waiting.splice(from, to - from).map(({ unit }) => unit);
    for (const unit of units) this.#bytes -= memoryOf(unit);
    return units;
  }

  clear(): void {
    this.take(0, this.length);
  }

  /** Replaces the access unit that `unit` corrects. @returns false when it does not wait here */
  correct(unit: AccessUnit): boolean {
    const waiting = this.#waiting.find((each) => each.unit.sequence === unit.sequence);
    if (!waiting) return false;
    this.#bytes += memoryOf(unit) - memoryOf(waiting.unit);
    waiting.unit = unit;
    return true;
  }

  /** Index of the newest access unit for which `is` returns true; -1 if there is none. */
  findLastIndex(is: (unit: AccessUnit) => boolean): number {
    return this.#waiting.findLastIndex(({ unit }) => is(unit));
  }

  /**
   * The thread was busy from `from` to `to`, and read what came meanwhile only at the end. Assumes
   * that it came evenly over that time; otherwise a decoder that takes long for a picture would
   * seem less late than it is.
   */
  spreadOver(from: Microseconds, to: Microseconds): void {
    const late = this.#waiting.filter(({ since }) => since >= to);
    for (const [index, waiting] of late.entries()) {
      waiting.since = microseconds(from + ((to - from) * (index + 1)) / late.length);
    }
  }
}

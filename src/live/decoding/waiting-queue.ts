import { type Microseconds, microseconds } from "../../core/time.js";
import { type AccessUnit, memoryOf } from "../../h264/access-unit.js";

interface Waiting {
  unit: AccessUnit;
  since: Microseconds;
}

/** Bounds of a `WaitingQueue`. What is done when they are passed is its owner's. */
export interface WaitingQueueBounds {
  /** Bytes of memory that may wait (`memoryOf`). Default 32 MiB. */
  readonly maxBytes?: number;
  /** Access units that may wait. Default 4096. */
  readonly maxUnits?: number;
}

/** Access units that wait to be decoded, how much memory they take, and since when they wait. */
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

  /** More waits than that part of the bounds. */
  isBeyond(part: number): boolean {
    return this.#bytes > this.#maxBytes * part || this.length > this.#maxUnits * part;
  }

  /** The oldest. */
  get first(): AccessUnit | undefined {
    return this.#waiting[0]?.unit;
  }

  /** Since when the oldest waits. */
  get since(): Microseconds | undefined {
    return this.#waiting[0]?.since;
  }

  push(unit: AccessUnit, since: Microseconds): void {
    this.#waiting.push({ unit, since });
    this.#bytes += memoryOf(unit);
  }

  /** Takes the oldest out. */
  shift(): AccessUnit | undefined {
    return this.take(0, 1)[0];
  }

  /** Takes those from place `from` (0 is the oldest) up to `to` out. */
  take(from: number, to: number): readonly AccessUnit[] {
    const taken = this.#waiting.splice(from, to - from).map(({ unit }) => unit);
    for (const unit of taken) this.#bytes -= memoryOf(unit);
    return taken;
  }

  clear(): void {
    this.take(0, this.length);
  }

  /** Puts a corrected access unit in the place of the one that it corrects. @returns false when that does not wait */
  correct(unit: AccessUnit): boolean {
    const waiting = this.#waiting.find((each) => each.unit.sequence === unit.sequence);
    if (!waiting) return false;
    this.#bytes += memoryOf(unit) - memoryOf(waiting.unit);
    waiting.unit = unit;
    return true;
  }

  /** Place of the newest of which that is true; -1 where there is none. */
  findLastIndex(is: (unit: AccessUnit) => boolean): number {
    return this.#waiting.findLastIndex(({ unit }) => is(unit));
  }

  /**
   * What came while the thread was busy was read at the end of that, and all looks as if it had come then. It is taken to have
   * come evenly over that time: else a decoder that takes long for a picture would seem to be that much less late.
   */
  spreadOver(from: Microseconds, to: Microseconds): void {
    const late = this.#waiting.filter(({ since }) => since >= to);
    for (const [index, waiting] of late.entries()) {
      waiting.since = microseconds(from + ((to - from) * (index + 1)) / late.length);
    }
  }
}

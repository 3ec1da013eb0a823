import type { Sink } from "../../core/sink.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";

/**
 * Passes on access units that are certain to be whole: for whoever cannot take one back, as a file
 * or a bare byte stream. An access unit whose end was a guess waits until the next one begins, or
 * until `settle`; a correction takes its place.
 */
export class SettledUnits<T extends NumberedAccessUnit> implements Sink<T> {
  readonly #sink: Sink<T>;
  #waiting: T | undefined;

  constructor(sink: Sink<T>) {
    this.#sink = sink;
  }

  push(item: T): void {
    const waiting = this.#waiting;
    const isCorrection = waiting?.group === item.group && waiting.object === item.object;
    if (!isCorrection) this.settle();
    // What was certain once is not corrected; a correction of what was passed on long ago would
    // come out of order.
    if (item.unit.corrects && !isCorrection) return;
    const { endedBy } = item.unit;
    this.#waiting = item;
    if (endedBy === "next" || endedBy === "end-of-input") this.settle();
  }

  /** What waits is all that comes of it: the publisher has left. */
  settle(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) this.#sink.push(waiting);
  }

  close(reason?: Error): void {
    this.settle();
    this.#sink.close(reason);
  }
}

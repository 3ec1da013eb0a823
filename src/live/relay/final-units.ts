import type { Sink } from "../../core/sink.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";

/**
 * Passes on access units once they are final, for outputs that cannot take one back, such as a file
 * or a bare byte stream.
 *
 * An access unit whose end was guessed waits until the next one begins, or until `flush`. A
 * correction replaces it meanwhile.
 */
export class FinalUnits<T extends NumberedAccessUnit> implements Sink<T> {
  readonly #sink: Sink<T>;
  #waiting: T | undefined;

  constructor(sink: Sink<T>) {
    this.#sink = sink;
  }

  push(item: T): void {
    const waiting = this.#waiting;
    const isCorrection = waiting?.group === item.group && waiting.object === item.object;
    if (!isCorrection) this.flush();
    // A correction of an access unit that was passed on would come out of order.
    if (item.unit.corrects && !isCorrection) return;
    const { endedBy } = item.unit;
    this.#waiting = item;
    if (endedBy === "next" || endedBy === "end-of-input") this.flush();
  }

  /** Passes on what waits: the publisher has left, so no correction comes. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) this.#sink.push(waiting);
  }

  close(reason?: Error): void {
    this.flush();
    this.#sink.close(reason);
  }
}

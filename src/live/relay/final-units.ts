import type { Sink } from "../../core/sink.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";

/**
 * Passes on access units once they are final, for outputs that cannot take one back, such as a file
 * or a bare byte stream.
 *
 * An access unit whose end was guessed waits until the next one begins, or until `flush`. A
 * correction replaces it meanwhile, and is dropped once the access unit was passed on. The place of
 * an item tells that, not `corrects`: for an output that joined since, the corrected access unit is
 * the first that it gets of that place.
 */
export class FinalUnits<T extends NumberedAccessUnit> implements Sink<T> {
  readonly #sink: Sink<T>;
  #waiting: T | undefined;
  /** The place of the item that came last. */
  #newest: { readonly group: number; readonly object: number } | undefined;

  constructor(sink: Sink<T>) {
    this.#sink = sink;
  }

  push(item: T): void {
    const { group, object, unit } = item;
    const isAgain = this.#newest?.group === group && this.#newest.object === object;
    if (!isAgain) this.flush();
    else if (!this.#waiting) return;
    this.#newest = { group, object };
    this.#waiting = item;
    if (unit.endedBy === "next" || unit.endedBy === "end-of-input") this.flush();
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

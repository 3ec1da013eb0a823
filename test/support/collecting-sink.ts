import type { Sink } from "../../src/core/sink.js";

/** Keeps all items. */
export class CollectingSink<T> implements Sink<T> {
  readonly items: T[] = [];
  closed = false;
  reason: Error | undefined;

  push(item: T): void {
    if (this.closed) throw new Error("push after close");
    this.items.push(item);
  }

  close(reason?: Error): void {
    if (this.closed) throw new Error("closed twice");
    this.closed = true;
    this.reason = reason;
  }

  /** Items since the last call. */
  take(): T[] {
    return this.items.splice(0);
  }
}

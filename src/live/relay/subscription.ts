import type { Passing } from "../../core/passing.js";
import type { Sink } from "../../core/sink.js";
import { type Clock, fromMilliseconds, type Microseconds } from "../../core/time.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";

/**
 * Why an item is dropped: no other refers to it; or the viewer is so late that it goes on at a
 * newer group.
 */
export type DropReason = "non-reference" | "late";

/** How a `Subscription` behaves. */
export interface SubscriptionOptions<In, Kept extends In> {
  /** False while whoever takes the items has no room: they wait here. Then call `resume`. */
  readonly mayDeliver: () => boolean;
  /** Makes an item last that has to wait. Where all items last it gives back the item. */
  readonly keep: (item: In) => Kept;
  /** Told before the next item that is delivered after some were dropped. */
  readonly onDropped?: (count: number, next: In) => void;
  /** Told of each item that is dropped, at once. */
  readonly onDrop?: (reason: DropReason) => void;
  /** Bytes that wait at most. Default 16 MiB. */
  readonly maxBytes?: number;
  /** How long an item waits at most, ms. Default 1000. */
  readonly maxAgeMs?: number;
}

interface Waiting<Kept> {
  readonly item: Kept;
  readonly since: Microseconds;
}

/**
 * One viewer's queue. Items go through at once while there is room behind it; else they wait here,
 * bounded in bytes and age. Beyond the bounds non-reference pictures go first, then all before the
 * newest group that waits, then all until the next group begins: never a single reference picture,
 * so that all that is delivered can be decoded.
 *
 * Where object numbers have a gap after a drop and no group begins, only non-reference pictures are
 * missing.
 *
 * @typeParam In what is pushed and delivered; it may be passing
 * @typeParam Kept the same, which lasts: what waits
 */
export class Subscription<In extends Passing<NumberedAccessUnit>, Kept extends In = In> implements Sink<In> {
  readonly #sink: Sink<In>;
  readonly #clock: Clock;
  readonly #options: SubscriptionOptions<In, Kept>;
  readonly #maxBytes: number;
  readonly #maxAge: Microseconds;
  #queue: Waiting<Kept>[] = [];
  #queuedBytes = 0;
  #waitsForGroup = false;
  #delivered = 0;
  #dropped = 0;
  #droppedUntold = 0;

  constructor(sink: Sink<In>, clock: Clock, options: SubscriptionOptions<In, Kept>) {
    this.#sink = sink;
    this.#clock = clock;
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? 16 * 1024 * 1024;
    this.#maxAge = fromMilliseconds(options.maxAgeMs ?? 1000);
  }

  /** Items that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** Bytes that wait. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Items delivered so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Items dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** True after so much was dropped that nothing can be delivered before the next group begins. */
  get waitsForGroup(): boolean {
    return this.#waitsForGroup;
  }

  push(item: In): void {
    if (item.unit.corrects && this.#correctWaiting(item)) return;
    if (this.#queue.length === 0 && !this.#waitsForGroup && this.#options.mayDeliver()) {
      this.#deliver(item);
      return;
    }
    if (this.#waitsForGroup && item.object !== 0) {
      this.#drop("late");
      return;
    }
    this.#waitsForGroup = false;
    this.#queue.push(this.#wait(item));
    this.#queuedBytes += item.unit.data.byteLength;
    this.#shed();
    this.resume();
  }

  /** There may be room again. */
  resume(): void {
    while (this.#queue.length > 0 && this.#options.mayDeliver()) {
      const { item } = this.#queue.shift()!;
      this.#queuedBytes -= item.unit.data.byteLength;
      this.#deliver(item);
    }
  }

  /**
   * Delivers all that waits, room or not: for a sink that is about to be closed, and can take it.
   */
  flush(): void {
    const waiting = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const { item } of waiting) this.#deliver(item);
  }

  /** What waits is thrown away. */
  close(reason?: Error): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#sink.close(reason);
  }

  #wait(item: In): Waiting<Kept> {
    return { item: this.#options.keep(item), since: this.#clock.now() };
  }

  /** @returns true when what the item corrects waits still, so that nobody will have seen it */
  #correctWaiting(item: In): boolean {
    const at = this.#queue.findIndex(
      ({ item: { group, object } }) => group === item.group && object === item.object,
    );
    if (at < 0) return false;
    const { item: replaced, since } = this.#queue[at]!;
    this.#queue[at] = { ...this.#wait(item), since };
    this.#queuedBytes += item.unit.data.byteLength - replaced.unit.data.byteLength;
    return true;
  }

  #deliver(item: In): void {
    this.#delivered++;
    if (this.#droppedUntold > 0) {
      this.#options.onDropped?.(this.#droppedUntold, item);
      this.#droppedUntold = 0;
    }
    this.#sink.push(item);
  }

  #drop(reason: DropReason): void {
    this.#dropped++;
    this.#droppedUntold++;
    this.#options.onDrop?.(reason);
  }

  #isOver(): boolean {
    const oldest = this.#queue[0];
    if (!oldest) return false;
    return this.#queuedBytes > this.#maxBytes || this.#clock.now() - oldest.since > this.#maxAge;
  }

  #shed(): void {
    if (!this.#isOver()) return;
    this.#dropUnless("non-reference", ({ item }) => item.unit.picture.reference || item.object === 0);
    if (!this.#isOver()) return;
    const start = this.#queue.findLastIndex(({ item }) => item.object === 0);
    if (start > 0) this.#dropUnless("late", (_, index) => index >= start);
    if (start > 0 && !this.#isOver()) return;
    this.#dropUnless("late", () => false);
    this.#waitsForGroup = true;
  }

  #dropUnless(reason: DropReason, isKept: (waiting: Waiting<Kept>, index: number) => boolean): void {
    const kept = this.#queue.filter((waiting, index) => {
      if (isKept(waiting, index)) return true;
      this.#drop(reason);
      return false;
    });
    this.#queue = kept;
    this.#queuedBytes = kept.reduce((sum, { item }) => sum + item.unit.data.byteLength, 0);
  }
}

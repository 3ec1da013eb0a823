import type { Passing } from "../../core/passing.js";
import type { Sink } from "../../core/sink.js";
import { type Clock, fromMilliseconds, type Microseconds } from "../../core/time.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";

/**
 * Why a subscription drops an item.
 * - `non-reference`: no other picture refers to it.
 * - `late`: the viewer fell so far behind that it continues with a newer group.
 */
export type SubscriptionDropReason = "non-reference" | "late";

/** How a `Subscription` behaves. */
export interface SubscriptionOptions<In, Kept extends In> {
  /** False while the viewer has no room: items wait. Call `resume` when it may have room again. */
  readonly mayDeliver: () => boolean;
  /** Makes an item last that has to wait. If all items last, it returns the item. */
  readonly keep: (item: In) => Kept;
  /** Called before an item is delivered if `count` items were dropped before it. */
  readonly onGap?: (count: number, next: In) => void;
  /** Called for each dropped item, at once. */
  readonly onDrop?: (reason: SubscriptionDropReason) => void;
  /** The most bytes that may wait. Default 16 MiB. */
  readonly maxBytes?: number;
  /** How long an item may wait, ms. Default 1000. */
  readonly maxAgeMs?: number;
}

interface Waiting<Kept> {
  readonly item: Kept;
  readonly since: Microseconds;
}

/**
 * One viewer's queue. It delivers items at once while the viewer has room. Otherwise they wait,
 * bounded in bytes and age.
 *
 * Beyond the bounds it drops non-reference pictures first, then everything before the newest group
 * that waits, then everything until the next group begins. It never drops a single reference
 * picture, so the viewer can decode everything that it gets. If object numbers have a gap and no
 * group begins, only non-reference pictures are missing.
 *
 * @typeParam In what is pushed and delivered; it may be passing
 * @typeParam Kept the same item once it lasts: what waits
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
  #droppedSinceDelivery = 0;

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

  /** True while everything is dropped until the next group begins. */
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

  /** Delivers what waits while the viewer has room. */
  resume(): void {
    while (this.#queue.length > 0 && this.#options.mayDeliver()) {
      const { item } = this.#queue.shift()!;
      this.#queuedBytes -= item.unit.data.byteLength;
      this.#deliver(item);
    }
  }

  /** Delivers all that waits, whether the viewer has room or not: it is about to be closed. */
  flush(): void {
    const waiting = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const { item } of waiting) this.#deliver(item);
  }

  /** Drops what waits, and closes the viewer. */
  close(reason?: Error): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#sink.close(reason);
  }

  #wait(item: In): Waiting<Kept> {
    return { item: this.#options.keep(item), since: this.#clock.now() };
  }

  /** Replaces a waiting item by its correction. @returns false if it does not wait any more */
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
    if (this.#droppedSinceDelivery > 0) {
      this.#options.onGap?.(this.#droppedSinceDelivery, item);
      this.#droppedSinceDelivery = 0;
    }
    this.#sink.push(item);
  }

  #drop(reason: SubscriptionDropReason): void {
    this.#dropped++;
    this.#droppedSinceDelivery++;
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

  #dropUnless(
    reason: SubscriptionDropReason,
    stays: (waiting: Waiting<Kept>, index: number) => boolean,
  ): void {
    const left = this.#queue.filter((waiting, index) => {
      if (stays(waiting, index)) return true;
      this.#drop(reason);
      return false;
    });
    this.#queue = left;
    this.#queuedBytes = left.reduce((sum, { item }) => sum + item.unit.data.byteLength, 0);
  }
}

import type { IssueReporter } from "../../core/issues.js";
import type { Passing } from "../../core/passing.js";
import type { Sink } from "../../core/sink.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";
import type { AccessUnitMemory } from "../../h264/access-units/access-unit-memory.js";
import { PackedItems, type Packing } from "./packed-items.js";

/** Bounds of a `LiveStream`. */
export interface LiveStreamOptions {
  /** Receives a report of each group that exceeds the bounds. */
  readonly issues?: IssueReporter;
  /** Packed bytes that the cache holds for new subscribers. Default 64 MiB. */
  readonly maxCacheBytes?: number;
  /** Access units that it holds. Default 4096: more than two minutes at 30 per second. */
  readonly maxCacheUnits?: number;
}

/**
 * Passes each item to all subscribers, and caches what came since the last random access point. A
 * new subscriber gets the cache at once, so it shows the newest picture as soon as it has decoded
 * that.
 *
 * A recovery point may need some more frames before its pictures are whole. Until they have come,
 * the cache holds the group before it as well, so that a new subscriber always has a whole picture
 * to begin with. The cache drops a group that exceeds the bounds as a whole, because half of it is
 * of no use; a new subscriber then waits for the next group.
 *
 * @typeParam In what is pushed, and what each subscriber gets: a numbered access unit and what
 *   travels with it, such as its message. It may be passing.
 * @typeParam Cached the same item once it lasts: what a new subscriber gets from the cache
 * @typeParam Shared what many items share
 */
export class LiveStream<In extends Passing<NumberedAccessUnit>, Cached extends In, Shared>
  implements Sink<In>
{
  readonly #issues: IssueReporter | undefined;
  readonly #maxBytes: number;
  readonly #maxUnits: number;
  readonly #subscribers = new Set<Sink<In>>();
  readonly #cache: PackedItems<In, Cached, Shared>;
  /** The place of the newest item in the cache. */
  #newest = { epoch: -1, group: -1, object: -1 };
  /** The recovery point's index in the cache, and the frames that it still needs. */
  #recovering: { readonly index: number; framesLeft: number } | undefined;
  #closed: { readonly reason: Error | undefined } | undefined;

  /** @param memory where passing items lie */
  constructor(
    packing: Packing<In, Cached, Shared>,
    memory: AccessUnitMemory,
    options: LiveStreamOptions = {},
  ) {
    this.#cache = new PackedItems(packing, memory);
    this.#issues = options.issues;
    this.#maxBytes = options.maxCacheBytes ?? 64 * 1024 * 1024;
    this.#maxUnits = options.maxCacheUnits ?? 4096;
  }

  /** What a new subscriber would get at once, oldest first. */
  get cache(): readonly Cached[] {
    return this.#cache.list();
  }

  /** Access units in the cache. */
  get cachedUnits(): number {
    return this.#cache.length;
  }

  /** Packed bytes in the cache. */
  get cachedBytes(): number {
    return this.#cache.bytes;
  }

  /** How many subscribers there are. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  push(item: In): void {
    for (const subscriber of this.#subscribers) subscriber.push(item);
    this.#addToCache(item);
  }

  /**
   * Adds a subscriber. It gets the cache before this method returns, then each item as it comes.
   * Its `push` must return soon.
   *
   * @returns a function that ends the subscription without closing the subscriber; calling it again
   *   does nothing
   */
  subscribe(subscriber: Sink<In>): () => void {
    for (const item of this.#cache.list()) subscriber.push(item);
    if (this.#closed) subscriber.close(this.#closed.reason);
    else this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }

  close(reason?: Error): void {
    if (this.#closed) return;
    this.#closed = { reason };
    this.#clear();
    for (const subscriber of this.#subscribers) subscriber.close(reason);
    this.#subscribers.clear();
  }

  #addToCache(item: In): void {
    const { unit, group, object } = item;
    const cache = this.#cache;
    const newest = this.#newest;
    const isCorrection = cache.length > 0 && newest.group === group && newest.object === object;
    if (isCorrection) {
      cache.replaceLast(item);
    } else {
      if (object === 0) this.#startGroup(item);
      else if (cache.length === 0) return;
      cache.push(item);
      if (!unit.picture.secondField) this.#countTowardsRecovery();
    }
    newest.epoch = unit.epoch;
    newest.group = group;
    newest.object = object;
    if (cache.bytes > this.#maxBytes || cache.length > this.#maxUnits) {
      const detail = `${cache.length} access units, ${cache.bytes} bytes since the last random access point exceed the cache: new viewers wait for the next one`;
      this.#issues?.report("group-not-kept", detail);
      this.#clear();
    }
  }

  #startGroup({ unit }: In): void {
    const framesLeft = unit.randomAccess === "recovery-point" ? unit.recoveryFrameCount : 0;
    const follows = this.#cache.length > 0 && this.#newest.epoch === unit.epoch;
    if (framesLeft === 0 || !follows) this.#clear();
    else this.#recovering ??= { index: this.#cache.length, framesLeft };
  }

  /** Counts a frame. Once a recovery point's pictures are whole, drops what came before it. */
  #countTowardsRecovery(): void {
    const recovering = this.#recovering;
    if (!recovering || recovering.framesLeft-- > 0) return;
    this.#recovering = undefined;
    this.#cache.dropFirst(recovering.index);
  }

  #clear(): void {
    this.#cache.clear();
    this.#recovering = undefined;
  }
}

import type { IssueReporter } from "../../core/issues.js";
import type { Passing } from "../../core/passing.js";
import type { Sink } from "../../core/sink.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";
import type { AccessUnitMemory } from "../../h264/access-units/access-unit-memory.js";
import { PackedItems, type Packing } from "./packed-items.js";

/** Bounds of a `LiveStream`. */
export interface LiveStreamOptions {
  /** Told of groups that are beyond the bounds. */
  readonly issues?: IssueReporter;
  /** Bytes, as packed, that wait for who joins late. Default 64 MiB. */
  readonly maxCacheBytes?: number;
  /** Access units that do. Default 4096: more than two minutes at 30 a second. */
  readonly maxCacheUnits?: number;
}

/**
 * One in, many out. Keeps what came since the last random access point, so that a new subscriber
 * gets it at once and can show the newest picture as soon as it has decoded that.
 *
 * After a recovery point that takes some frames, what came before it is kept until they have come,
 * so that there is always a whole picture to begin with. A group beyond the bounds is forgotten
 * whole: half of it is of no use; who joins then waits for the next.
 *
 * @typeParam In what is pushed, and each subscriber gets: a numbered access unit and what travels
 *   with it, such as its message. It may be passing.
 * @typeParam Cached the same, which lasts: what a new subscriber gets from the cache
 * @typeParam Shared what many of them share
 */
export class LiveStream<In extends Passing<NumberedAccessUnit>, Cached extends In, Shared>
  implements Sink<In>
{
  readonly #issues: IssueReporter | undefined;
  readonly #maxBytes: number;
  readonly #maxUnits: number;
  readonly #subscribers = new Set<Sink<In>>();
  readonly #cache: PackedItems<In, Cached, Shared>;
  /** The place of the newest in the cache. */
  #newest = { epoch: -1, group: -1, object: -1 };
  /**
   * Where in the cache a recovery point stands, and the frames that its pictures need to be whole.
   */
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

  /** What a subscriber that comes now gets at once, oldest first. */
  get cache(): readonly Cached[] {
    return this.#cache.list();
  }

  /** How many that are. */
  get cachedUnits(): number {
    return this.#cache.length;
  }

  /** Bytes of them. */
  get cachedBytes(): number {
    return this.#cache.bytes;
  }

  /** Subscribers now. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  push(item: In): void {
    for (const subscriber of this.#subscribers) subscriber.push(item);
    this.#keep(item);
  }

  /**
   * Adds a subscriber: it gets what is cached before this returns, then everything as it comes.
   * What it does with it is its own affair; a `push` that returns soon is all that is asked of it.
   *
   * @returns ends the subscription, without closing the subscriber; harmless when it has ended
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

  #keep(item: In): void {
    const { unit, group, object } = item;
    const cache = this.#cache;
    const newest = this.#newest;
    const isAgain = cache.length > 0 && newest.group === group && newest.object === object;
    if (isAgain) {
      cache.replaceLast(item);
    } else {
      if (object === 0) this.#startGroup(item);
      else if (cache.length === 0) return;
      cache.push(item);
      if (!unit.picture.secondField) this.#recover();
    }
    newest.epoch = unit.epoch;
    newest.group = group;
    newest.object = object;
    if (cache.bytes > this.#maxBytes || cache.length > this.#maxUnits) {
      const detail = `${cache.length} access units, ${cache.bytes} bytes since the last random access point are not kept for those who join`;
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

  /**
   * A frame came: when the pictures of a recovery point are whole, what came before it is not
   * needed.
   */
  #recover(): void {
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

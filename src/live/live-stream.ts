import type { Sink } from "../core/sink.js";
import type { NumberedAccessUnit } from "../h264/access-unit.js";

/** Bounds of a `LiveStream`. */
export interface LiveStreamOptions {
  /** Bytes that wait for who joins late. Default 64 MiB. */
  readonly maxCacheBytes?: number;
  /** Access units that do. Default 4096: more than two minutes at 30 a second. */
  readonly maxCacheUnits?: number;
}

/**
 * One in, many out. Keeps what came since the last random access point, so that a new subscriber gets it at once and can show
 * the newest picture as soon as it has decoded that.
 *
 * After a recovery point that takes some frames, what came before it is kept until they have come, so that there is
 * always a whole picture to begin with. A group beyond the bounds is forgotten whole: half of it is of no use; who joins
 * then waits for the next.
 *
 * @typeParam T what else travels with a numbered access unit, such as its message
 */
export class LiveStream<T extends NumberedAccessUnit> implements Sink<T> {
  readonly #maxBytes: number;
  readonly #maxUnits: number;
  readonly #subscribers = new Set<Sink<T>>();
  #cache: T[] = [];
  #cachedBytes = 0;
  /** A recovery point in the cache, and the frames that its pictures need to be whole. */
  #recovering: { readonly group: number; framesLeft: number } | undefined;
  #forgotten = 0;
  #closed: { readonly reason: Error | undefined } | undefined;

  constructor(options: LiveStreamOptions = {}) {
    this.#maxBytes = options.maxCacheBytes ?? 64 * 1024 * 1024;
    this.#maxUnits = options.maxCacheUnits ?? 4096;
  }

  /** What a subscriber that comes now gets at once, oldest first. */
  get cache(): readonly T[] {
    return this.#cache;
  }

  /** Bytes of `cache`. */
  get cachedBytes(): number {
    return this.#cachedBytes;
  }

  /** How often a group was too large to be kept. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Subscribers now. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  push(item: T): void {
    this.#keep(item);
    for (const subscriber of this.#subscribers) subscriber.push(item);
  }

  /**
   * Adds a subscriber: it gets what is cached before this returns, then everything as it comes. What it does with it is
   * its own affair; a `push` that returns soon is all that is asked of it.
   *
   * @returns ends the subscription, without closing the subscriber; harmless when it has ended
   */
  subscribe(subscriber: Sink<T>): () => void {
    for (const item of this.#cache.slice()) subscriber.push(item);
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

  #keep(item: T): void {
    const { unit, group, object } = item;
    const last = this.#cache.at(-1);
    const isAgain = last?.group === group && last.object === object;
    if (isAgain) {
      this.#cache.pop();
      this.#cachedBytes -= last.unit.data.byteLength;
    } else if (object === 0) {
      this.#startGroup(item);
    } else if (this.#cache.length === 0) {
      return;
    }
    this.#cache.push(item);
    this.#cachedBytes += unit.data.byteLength;
    if (!isAgain && !unit.picture.secondField) this.#recover(group);
    if (this.#cachedBytes > this.#maxBytes || this.#cache.length > this.#maxUnits) {
      this.#forgotten++;
      this.#clear();
    }
  }

  #startGroup({ unit, group }: T): void {
    const framesLeft = unit.randomAccess === "recovery-point" ? unit.recoveryFrameCount : 0;
    const isOfSameEpoch = this.#cache.at(-1)?.unit.epoch === unit.epoch;
    if (framesLeft === 0 || !isOfSameEpoch) this.#clear();
    else this.#recovering ??= { group, framesLeft };
  }

  /** A frame came: when the pictures of a recovery point are whole, what came before it is not needed. */
  #recover(group: number): void {
    const recovering = this.#recovering;
    if (!recovering || group < recovering.group || recovering.framesLeft-- > 0) return;
    this.#recovering = undefined;
    this.#cache = this.#cache.filter((item) => item.group >= recovering.group);
    this.#cachedBytes = this.#cache.reduce((sum, { unit }) => sum + unit.data.byteLength, 0);
  }

  #clear(): void {
    this.#cache = [];
    this.#cachedBytes = 0;
    this.#recovering = undefined;
  }
}

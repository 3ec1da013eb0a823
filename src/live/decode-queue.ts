import type { IssueReporter } from "../core/issues.js";
import type { Sink } from "../core/sink.js";
import { type Clock, fromMilliseconds, type Microseconds, microseconds } from "../core/time.js";
import { type AccessUnit, isCleanStart } from "../h264/access-unit.js";
import { AccessUnitCache } from "./access-unit-cache.js";
import type { Decoder } from "./decoder.js";

/** How a `DecodeQueue` behaves. */
export interface DecodeQueueOptions {
  /** Age of a waiting access unit at which the queue begins to drop, ms. undefined: never drop. */
  readonly maxLagMs: number | undefined;
  /** Bytes waiting at which `onFull` is called; it is called again with false below a quarter of this. Default 32 MiB. */
  readonly fullBytes?: number;
  /** Called with true when the source should pause, with false when it may go on. */
  readonly onFull?: (full: boolean) => void;
  /** Runs a function in a later turn of the event loop, after what was received meanwhile. */
  readonly later: (run: () => void) => void;
  /** False while pictures given out would have no place to go. */
  readonly mayDecode: () => boolean;
  /** Told when decoding kept the thread from its sockets, µs on the clock. */
  readonly onBusy?: (from: Microseconds, to: Microseconds) => void;
}

/**
 * The queue between receiving and decoding, so that receiving never waits: an access unit is decoded at once when
 * nothing is before it, and one each turn of the event loop otherwise.
 *
 * Bounded by age when `maxLagMs` is set: non-reference pictures go first; then all before the newest random access
 * point that waits; then all until the next one comes. Never a single reference picture. Otherwise bounded by bytes
 * through `onFull`.
 *
 * Heals wrong guesses of a picture's end (`AccessUnit.corrects`): the decoder undoes its latest access unit, or starts again
 * at the last random access point, from the cache.
 */
export class DecodeQueue implements Sink<AccessUnit> {
  readonly #decoder: Decoder;
  readonly #clock: Clock;
  readonly #issues: IssueReporter;
  readonly #options: DecodeQueueOptions;
  readonly #maxLag: Microseconds | undefined;
  readonly #fullBytes: number;
  readonly #cache = new AccessUnitCache();
  /** Access units to decode again after a reset, before those in `#queue`. */
  #replay: AccessUnit[] = [];
  #queue: AccessUnit[] = [];
  #queuedBytes = 0;
  #turnIsTaken = false;
  #full = false;
  #waitsForRandomAccess = false;
  #lostBefore = false;
  #closing: { reason: Error | undefined } | undefined;
  #closed = false;
  #flushing = false;
  /** Nothing was decoded since the decoder was flushed. */
  #flushed = false;
  #abandoned = false;
  #dropped = 0;
  #healed = 0;
  /** When the access unit was pushed that the decoder is at. */
  #decodingSince: Microseconds | undefined;
  /** Mean time to decode one access unit, µs. */
  #decodeTime = 3000;

  constructor(decoder: Decoder, clock: Clock, issues: IssueReporter, options: DecodeQueueOptions) {
    this.#decoder = decoder;
    this.#clock = clock;
    this.#issues = issues;
    this.#options = options;
    this.#maxLag = options.maxLagMs === undefined ? undefined : fromMilliseconds(options.maxLagMs);
    this.#fullBytes = options.fullBytes ?? 32 * 1024 * 1024;
  }

  /** Access units that wait. */
  get length(): number {
    return this.#queue.length + this.#replay.length;
  }

  /** Access units dropped because they were too late. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How often the decoder was brought back level after a wrong guess of a picture's end. */
  get healed(): number {
    return this.#healed;
  }

  /** Mean time to decode one access unit. */
  get decodeTime(): Microseconds {
    return microseconds(this.#decodeTime);
  }

  /** Time it would take to undo a wrong guess; infinite when the decoder cannot and the cache has no random access point. */
  get healCost(): Microseconds {
    const fromCache = this.#cache.units.length || Number.POSITIVE_INFINITY;
    return microseconds(Math.min(this.#decoder.picturesToUndo ?? fromCache, fromCache) * this.#decodeTime);
  }

  push(unit: AccessUnit): void {
    if (unit.corrects && !this.#correctWaiting(unit)) this.#heal(unit);
    else if (!unit.corrects) this.#enqueue(unit);
    this.#shed();
    this.#run();
    this.#watchFullness();
  }

  /** All that waits is decoded, then the decoder is flushed: the sender is gone. */
  flush(): void {
    this.#flushing = true;
    if (this.length === 0) this.#end();
  }

  close(reason?: Error): void {
    this.#closing ??= { reason };
    this.#run();
  }

  /** Nothing that waits is decoded: what would be given out has no taker any more. */
  abandon(): void {
    this.#replay = [];
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#abandoned = true;
    this.#run();
  }

  /** The decoder is done with what it had (`DecoderListener.idle`). */
  decoderIdle(): void {
    if (this.#decodingSince !== undefined) this.#noteDecoded();
    this.#takeTurn();
  }

  /** The decoder lost all that it knew (`DecoderListener.lost`): it is brought level from the cache, and to its end again. */
  decoderLost(): void {
    this.#decodingSince = undefined;
    this.#decoder.reset();
    if (!this.#abandoned) this.#replay = [...this.#cache.units];
    this.#flushing ||= this.#flushed;
    this.#closed = false;
    this.#takeTurn();
  }

  /** Looks again whether `mayDecode`. */
  resume(): void {
    this.#run();
    this.#watchFullness();
  }

  #enqueue(unit: AccessUnit): void {
    // A new sender's pictures are here before the old one's were decoded: the epoch makes the decoder flush between.
    this.#flushing = false;
    this.#queue.push(unit);
    this.#queuedBytes += unit.data.byteLength;
  }

  /** @returns true when the access unit had not been decoded yet, so nothing has to be healed */
  #correctWaiting(unit: AccessUnit): boolean {
    const at = this.#queue.findIndex((waiting) => waiting.sequence === unit.sequence);
    if (at >= 0) {
      this.#queuedBytes += unit.data.byteLength - this.#queue[at]!.data.byteLength;
      this.#queue[at] = unit;
    } else if (this.#replay.at(-1)?.sequence === unit.sequence) {
      this.#replay[this.#replay.length - 1] = unit;
      this.#cache.add(unit);
    } else return false;
    return true;
  }

  #heal(unit: AccessUnit): void {
    this.#healed++;
    this.#cache.add(unit);
    const since = [...this.#cache.units];
    if (!this.#decoder.correct) this.#decoder.reset();
    this.#replay = [...(this.#decoder.correct?.(unit, since) ?? since)];
    if (this.#replay.length === 0) this.#waitsForRandomAccess = true;
  }

  #run(): void {
    if (this.#turnIsTaken) return;
    this.#decodeNext();
    if (this.length === 0) this.#end();
    else if (this.#mayDecode) this.#takeTurn();
  }

  #takeTurn(): void {
    if (this.#turnIsTaken) return;
    this.#turnIsTaken = true;
    this.#options.later(() => {
      this.#turnIsTaken = false;
      if (this.#isIdle) this.#decoder.settle();
      this.#shed();
      if (this.length === 0 && this.#isIdle) this.#catchUp();
      this.#run();
      this.#watchFullness();
    });
  }

  #catchUp(): void {
    const from = this.#clock.now();
    if (!this.#decoder.catchUp?.()) return;
    this.#options.onBusy?.(from, this.#clock.now());
    if (this.#isIdle) this.#takeTurn();
  }

  #decodeNext(): void {
    if (!this.#mayDecode) return;
    const unit = this.#replay.shift() ?? this.#nextInQueue();
    if (!unit) return;
    this.#flushed = false;
    const from = this.#clock.now();
    this.#decodingSince = from;
    this.#decoder.push(unit);
    this.#options.onBusy?.(from, this.#clock.now());
    if (!this.#isIdle) return;
    this.#noteDecoded();
    // What came in while this one was decoded is received before it is settled and the next is decoded.
    this.#takeTurn();
  }

  /** The next access unit that was not decoded before, and may be. */
  #nextInQueue(): AccessUnit | undefined {
    const waiting = this.#shift();
    if (!waiting) return undefined;
    if (this.#waitsForRandomAccess && waiting.randomAccess === undefined) {
      this.#drop(waiting);
      return undefined;
    }
    this.#waitsForRandomAccess = false;
    const unit = this.#lostBefore && !waiting.discontinuity ? { ...waiting, discontinuity: true } : waiting;
    this.#lostBefore = false;
    this.#cache.add(unit);
    return unit;
  }

  #noteDecoded(): void {
    this.#decodeTime += (this.#clock.now() - this.#decodingSince! - this.#decodeTime) / 16;
    this.#decodingSince = undefined;
  }

  /** False while a decoder that works elsewhere is at it. */
  get #isIdle(): boolean {
    return this.#decoder.queueSize === 0;
  }

  get #mayDecode(): boolean {
    return this.#isIdle && this.#options.mayDecode();
  }

  #end(): void {
    if (!this.#isIdle && !this.#abandoned) return;
    if (this.#flushing) {
      this.#flushing = false;
      this.#flushed = true;
      this.#decoder.flush();
    }
    if (!this.#closing || this.#closed) return;
    this.#closed = true;
    this.#decoder.close(this.#closing.reason);
  }

  #shift(): AccessUnit | undefined {
    const unit = this.#queue.shift();
    if (unit) this.#queuedBytes -= unit.data.byteLength;
    return unit;
  }

  #drop(unit: AccessUnit): void {
    this.#dropped++;
    this.#issues.report("dropped-late", `access unit ${unit.sequence} was dropped: decoding is behind`);
    if (unit.picture.reference) this.#lostBefore = true;
  }

  /** Drops what the load ladder says, when the oldest waiting access unit is too old. */
  #shed(): void {
    if (this.#maxLag === undefined || this.#replay.length > 0) return;
    const oldest = this.#queue[0];
    if (!oldest || this.#clock.now() - oldest.completeAt <= this.#maxLag) return;
    const kept = this.#queue.filter((unit) => unit.picture.reference || unit === oldest);
    if (kept.length < this.#queue.length) {
      for (const unit of this.#queue) if (!unit.picture.reference && unit !== oldest) this.#drop(unit);
      this.#queue = kept;
      this.#queuedBytes = kept.reduce((sum, unit) => sum + unit.data.byteLength, 0);
      return;
    }
    const start = this.#queue.findLastIndex((unit) => isCleanStart(unit) && unit !== oldest);
    if (start > 0) {
      for (let index = 0; index < start; index++) this.#drop(this.#shift()!);
      return;
    }
    if (this.#clock.now() - oldest.completeAt <= this.#maxLag * 2) return;
    while (this.#queue.length > 0) this.#drop(this.#shift()!);
    this.#waitsForRandomAccess = true;
  }

  #watchFullness(): void {
    const full = this.#full ? this.#queuedBytes > this.#fullBytes / 4 : this.#queuedBytes > this.#fullBytes;
    if (full === this.#full) return;
    this.#full = full;
    this.#options.onFull?.(full);
  }
}

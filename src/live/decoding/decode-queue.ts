import type { IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import { type Clock, type Microseconds, microseconds } from "../../core/time.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import type { DecodeQueueOptions } from "./decode-queue-options.js";
import type { Decoder } from "./decoder.js";
import type { LeftOut } from "./left-out.js";
import { UnitsToDecode } from "./units-to-decode.js";

/**
 * The queue between receiving and decoding: receiving never waits. An access unit is decoded at
 * once when none waits before it, and otherwise one per turn of the event loop.
 *
 * With `maxLagMs` the queue climbs the load ladder (`UnitsToDecode`) and is bounded by age, bytes
 * and number. Beyond the bounds it resumes at the newest random access point that waits, or at the
 * next one. Without `maxLagMs` it is bounded by bytes and number, through `onFull`.
 *
 * The queue heals wrongly guessed ends of pictures (`AccessUnit.corrects`). The decoder undoes its
 * latest access unit, or decodes again from the last random access point, out of the cache.
 */
export class DecodeQueue implements Sink<AccessUnit> {
  readonly #decoder: Decoder;
  readonly #clock: Clock;
  readonly #options: DecodeQueueOptions;
  readonly #units: UnitsToDecode;
  #turnIsTaken = false;
  #awaitsQuiet = false;
  #full = false;
  #closing: { reason: Error | undefined } | undefined;
  #closed = false;
  #flushing = false;
  /** Nothing was decoded since the latest flush. */
  #flushed = false;
  #abandoned = false;
  /** The decoder may still hold the latest picture, because its end was a guess. */
  #isEndUnconfirmed = false;
  #healed = 0;
  /** Sequence number of the newest access unit. */
  #newest: number | undefined;
  /** When the decoder was given the access unit that it works on. */
  #decodingSince: Microseconds | undefined;
  /**
   * When the decoder's latest `push` kept the thread; undefined once what came meanwhile was read.
   */
  #busy: { readonly from: Microseconds; readonly to: Microseconds } | undefined;
  /** Mean time to decode one access unit, µs. */
  #decodeTime = 3000;

  constructor(decoder: Decoder, clock: Clock, issues: IssueReporter, options: DecodeQueueOptions) {
    this.#decoder = decoder;
    this.#clock = clock;
    this.#options = options;
    this.#units = new UnitsToDecode(issues, options, (unit) => decoder.push(unit));
  }

  /** Access units that wait. */
  get length(): number {
    return this.#units.length;
  }

  /** Access units dropped because decoding fell behind. */
  get dropped(): number {
    return this.#units.dropped;
  }

  /** What was left out because decoding fell behind. */
  get leftOut(): LeftOut {
    return this.#units.leftOut;
  }

  /**
   * True while decoding is late and a newer access unit waits, whose picture will soon replace the
   * latest one.
   */
  get isCatchingUp(): boolean {
    return this.length > 0 && this.#units.isLate;
  }

  /**
   * True when the decoder may have output the picture of the latest access unit: once its end was
   * confirmed.
   */
  get mayHaveOutputLatest(): boolean {
    return this.length === 0 && !this.#isEndUnconfirmed;
  }

  /** How many wrongly guessed ends of pictures were healed. */
  get healed(): number {
    return this.#healed;
  }

  /** Mean time to decode one access unit. */
  get decodeTime(): Microseconds {
    return microseconds(this.#decodeTime);
  }

  /**
   * How long it would take to heal a wrong guess; infinite when neither the decoder nor the cache
   * can.
   */
  get healCost(): Microseconds {
    const fromCache = this.#units.cached.length || Number.POSITIVE_INFINITY;
    return microseconds(Math.min(this.#decoder.picturesToUndo ?? fromCache, fromCache) * this.#decodeTime);
  }

  /** @param since when `unit` could have been decoded at the earliest; lateness counts from then */
  push(unit: AccessUnit, since = unit.completeAt): void {
    // A receiver that joins after a wrong guess gets the corrected access unit only: as a new one.
    const isAgain = unit.corrects && unit.sequence === this.#newest;
    this.#newest = unit.sequence;
    if (!isAgain) {
      // The next sender is here before the flush: the change of epoch makes the decoder flush.
      this.#flushing = false;
      this.#units.push(unit, since);
    } else if (!this.#units.correct(unit)) this.#heal(unit);
    this.#run();
    this.#watchFullness();
  }

  /** The sender is gone: decodes all that waits, then flushes the decoder. */
  flush(): void {
    this.#flushing = true;
    if (this.length === 0) this.#end();
    else this.#run();
  }

  close(reason?: Error): void {
    this.#closing ??= { reason };
    this.#run();
  }

  /** Drops all that waits: nobody takes pictures any more. */
  abandon(): void {
    this.#units.clear();
    this.#abandoned = true;
    this.#run();
  }

  /** See `DecoderListener.idle`. */
  decoderIdle(): void {
    if (this.#decodingSince !== undefined) this.#noteDecoded(this.#decodingSince);
    this.#takeTurn();
  }

  /**
   * See `DecoderListener.lost`: decodes again out of the cache, and flushes and closes again if
   * that had happened.
   */
  decoderLost(): void {
    this.#decodingSince = undefined;
    this.#decoder.reset();
    if (!this.#abandoned) this.#units.decodeAgain(this.#units.cached);
    this.#flushing ||= this.#flushed;
    this.#closed = false;
    this.#takeTurn();
  }

  /** Asks `mayDecode` again. */
  resume(): void {
    this.#run();
    this.#watchFullness();
  }

  #heal(unit: AccessUnit): void {
    this.#healed++;
    const since = this.#units.cached;
    if (!this.#decoder.correct) this.#decoder.reset();
    const again = this.#decoder.correct?.(unit, since) ?? since;
    this.#units.decodeAgain(again);
    if (again.length === 0) this.#units.beginAtStart();
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
      if (this.#busy) this.#units.spreadOver(this.#busy.from, this.#busy.to);
      this.#busy = undefined;
      if (this.#isIdle) this.#confirmEnd();
      this.#catchUpWhenQuiet();
      this.#run();
      this.#watchFullness();
    });
  }

  #confirmEnd(): void {
    this.#isEndUnconfirmed = false;
    this.#decoder.confirmEnd();
  }

  #catchUpWhenQuiet(): void {
    if (this.#awaitsQuiet || !this.#decoder.catchUp) return;
    this.#awaitsQuiet = true;
    (this.#options.whenQuiet ?? this.#options.later)(() => {
      this.#awaitsQuiet = false;
      this.#catchUp();
    });
  }

  #catchUp(): void {
    // The next turn outputs what was decoded, and then asks for this again.
    if (this.#turnIsTaken || this.length > 0 || !this.#isIdle) return;
    const from = this.#clock.now();
    if (!this.#decoder.catchUp?.()) return;
    this.#options.onBusy?.(from, this.#clock.now());
    if (this.#isIdle) this.#options.later(() => this.#catchUp());
  }

  #decodeNext(): void {
    if (!this.#mayDecode) return;
    this.#units.look(this.#clock.now());
    const unit = this.#units.next();
    if (!unit) return;
    this.#flushed = false;
    const from = this.#clock.now();
    this.#decodingSince = from;
    this.#isEndUnconfirmed = true;
    this.#decoder.push(unit);
    const to = this.#clock.now();
    this.#busy = { from, to };
    this.#options.onBusy?.(from, to);
    if (!this.#isIdle) return;
    this.#noteDecoded(from);
    // Receives what came during decoding before confirming the end and decoding the next.
    this.#takeTurn();
  }

  #noteDecoded(since: Microseconds): void {
    const time = microseconds(this.#clock.now() - since);
    this.#decodeTime += (time - this.#decodeTime) / 16;
    this.#decodingSince = undefined;
  }

  /** False while a decoder in another thread or process is decoding. */
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
    this.#options.onLevel?.();
    if (!this.#closing || this.#closed) return;
    this.#closed = true;
    this.#decoder.close(this.#closing.reason);
  }

  #watchFullness(): void {
    if (this.#options.maxLagMs !== undefined) return;
    const isFull = this.#units.isBeyond(this.#full ? 1 / 4 : 1);
    if (isFull === this.#full) return;
    this.#full = isFull;
    this.#options.onFull?.(isFull);
  }
}

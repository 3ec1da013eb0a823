import type { IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import { type Clock, type Microseconds, microseconds } from "../../core/time.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import type { DecodeQueueOptions } from "./decode-queue-options.js";
import type { Decoder } from "./decoder.js";
import type { LeftOut } from "./left-out.js";
import { UnitsToDecode } from "./units-to-decode.js";

/**
 * The queue between receiving and decoding, so that receiving never waits: an access unit is decoded at once when
 * nothing is before it, and one each turn of the event loop otherwise.
 *
 * With `maxLagMs` it obeys the load ladder (`UnitsToDecode`), and is bounded by age, bytes and number: beyond them it goes on at the
 * newest random access point that waits, or else at the next. Otherwise it is bounded by bytes and number through `onFull`.
 *
 * Heals wrong guesses of a picture's end (`AccessUnit.corrects`): the decoder undoes its latest access unit, or starts again
 * at the last random access point, from the cache.
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
  /** Nothing was decoded since the decoder was flushed. */
  #flushed = false;
  #abandoned = false;
  /** The access unit decoded last has not been settled: what was decoded of it has not been given out. */
  #isEndUnconfirmed = false;
  #healed = 0;
  /** When the access unit was pushed that the decoder is working on. */
  #decodingSince: Microseconds | undefined;
  /** When the latest `push` of the decoder kept the thread; undefined once what came meanwhile was read. */
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

  /** Access units dropped because they were too late. */
  get dropped(): number {
    return this.#units.dropped;
  }

  /** What was left out because decoding was late. */
  get leftOut(): LeftOut {
    return this.#units.leftOut;
  }

  /** True while decoding is late and a newer access unit waits: its picture will replace the one given out just now. */
  get isCatchingUp(): boolean {
    return this.length > 0 && this.#units.isLate;
  }

  /** True when the picture of the access unit pushed last may have been given out: as soon as nothing more of it had come once it was decoded. */
  get mayHaveOutputLatest(): boolean {
    return this.length === 0 && !this.#isEndUnconfirmed;
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
    const fromCache = this.#units.cached.length || Number.POSITIVE_INFINITY;
    return microseconds(Math.min(this.#decoder.picturesToUndo ?? fromCache, fromCache) * this.#decodeTime);
  }

  /** @param since when it could have been decoded at the earliest: lateness counts from then */
  push(unit: AccessUnit, since = unit.completeAt): void {
    if (!unit.corrects) {
      // A new sender's pictures are here before the old one's were decoded: the epoch makes the decoder flush between.
      this.#flushing = false;
      this.#units.push(unit, since);
    } else if (!this.#units.correct(unit)) this.#heal(unit);
    this.#run();
    this.#watchFullness();
  }

  /** All that waits is decoded, then the decoder is flushed: the sender is gone. */
  flush(): void {
    this.#flushing = true;
    if (this.length === 0) this.#end();
    else this.#run();
  }

  close(reason?: Error): void {
    this.#closing ??= { reason };
    this.#run();
  }

  /** Nothing that waits is decoded: what would be given out has no taker any more. */
  abandon(): void {
    this.#units.clear();
    this.#abandoned = true;
    this.#run();
  }

  /** The decoder is done with what it had (`DecoderListener.idle`). */
  decoderIdle(): void {
    if (this.#decodingSince !== undefined) this.#noteDecoded(this.#decodingSince);
    this.#takeTurn();
  }

  /** The decoder lost all that it knew (`DecoderListener.lost`): it is brought level from the cache, and to its end again. */
  decoderLost(): void {
    this.#decodingSince = undefined;
    this.#decoder.reset();
    if (!this.#abandoned) this.#units.decodeAgain(this.#units.cached);
    this.#flushing ||= this.#flushed;
    this.#closed = false;
    this.#takeTurn();
  }

  /** Looks again whether `mayDecode`. */
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
    // After its turn this is asked for again: what was decoded is given out first.
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
    // What came in while this one was decoded is received before it is settled and the next is decoded.
    this.#takeTurn();
  }

  #noteDecoded(since: Microseconds): void {
    const time = microseconds(this.#clock.now() - since);
    this.#decodeTime += (time - this.#decodeTime) / 16;
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

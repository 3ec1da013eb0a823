import type { IssueReporter } from "../core/issues.js";
import type { Sink } from "../core/sink.js";
import {
  type CancelTimer,
  type Clock,
  fromMilliseconds,
  type Microseconds,
  microseconds,
} from "../core/time.js";
import { type AccessUnit, isCleanStart } from "../h264/access-unit.js";
import { AccessUnitCache } from "./access-unit-cache.js";
import type { DecodeQueueOptions } from "./decode-queue-options.js";
import type { Decoder } from "./decoder.js";
import { Lateness } from "./lateness.js";
import { type DropReason, type LeftOut, LeftOutCounter } from "./left-out.js";
import { isStart, StartForecast } from "./start-forecast.js";
import { WaitingQueue } from "./waiting-queue.js";

/** The access unit that the decoder is at, and when it was pushed. */
interface Decoding {
  readonly unit: AccessUnit;
  readonly since: Microseconds;
}

/** Access units without a clean start after which none is waited for. */
const patience = 1024;

/**
 * The queue between receiving and decoding, so that receiving never waits: an access unit is decoded at once when
 * nothing is before it, and one each turn of the event loop otherwise.
 *
 * With `maxLagMs` it obeys the load ladder (`Lateness`), and is bounded by age, bytes and number: beyond them it goes on at the
 * newest random access point that waits, or else at the next. Never is a single reference picture dropped. Otherwise it is
 * bounded by bytes and number through `onFull`.
 *
 * Heals wrong guesses of a picture's end (`AccessUnit.corrects`): the decoder undoes its latest access unit, or starts again
 * at the last random access point, from the cache.
 */
export class DecodeQueue implements Sink<AccessUnit> {
  readonly #decoder: Decoder;
  readonly #clock: Clock;
  readonly #options: DecodeQueueOptions;
  readonly #lateness: Lateness | undefined;
  readonly #cache: AccessUnitCache;
  /** Access units to decode again after a reset, before those in `#queue`. */
  #replay: AccessUnit[] = [];
  readonly #queue: WaitingQueue;
  #turnIsTaken = false;
  #awaitsQuiet = false;
  #full = false;
  #waitsForRandomAccess = false;
  #lostBefore = false;
  readonly #forecast = new StartForecast();
  /** Runs while decoding is held for the next start; looks again should that not come. */
  #hold: CancelTimer | undefined;
  /** Access units since the last clean start; infinite while none has come. */
  #sinceCleanStart = Number.POSITIVE_INFINITY;
  /** Sequence number of the access unit dropped last. */
  #lastDropped: number | undefined;
  #closing: { reason: Error | undefined } | undefined;
  #closed = false;
  #flushing = false;
  /** Nothing was decoded since the decoder was flushed. */
  #flushed = false;
  #abandoned = false;
  /** The access unit decoded last has not been settled: what was decoded of it has not been given out. */
  #isUnsettled = false;
  readonly #leftOut: LeftOutCounter;
  #healed = 0;
  #decoding: Decoding | undefined;
  /** When the latest `push` of the decoder kept the thread; undefined once what came meanwhile was read. */
  #busy: { readonly from: Microseconds; readonly to: Microseconds } | undefined;
  /** Mean time to decode one access unit, µs. */
  #decodeTime = 3000;

  constructor(decoder: Decoder, clock: Clock, issues: IssueReporter, options: DecodeQueueOptions) {
    this.#decoder = decoder;
    this.#clock = clock;
    this.#leftOut = new LeftOutCounter(issues);
    this.#options = options;
    this.#lateness =
      options.maxLagMs === undefined ? undefined : new Lateness(fromMilliseconds(options.maxLagMs));
    this.#cache = new AccessUnitCache(options.cache);
    this.#queue = new WaitingQueue(options);
  }

  /** Access units that wait. */
  get length(): number {
    return this.#queue.length + this.#replay.length;
  }

  /** Access units dropped because they were too late. */
  get dropped(): number {
    return this.#leftOut.dropped;
  }

  /** What was left out because decoding was late. */
  get leftOut(): LeftOut {
    return this.#leftOut.counts;
  }

  /** True while decoding is late and a newer access unit waits: its picture will replace the one given out just now. */
  get isCatchingUp(): boolean {
    return this.length > 0 && this.#lateness?.isAt("conversion") === true;
  }

  /** True when the picture of the access unit pushed last may have been given out: as soon as nothing more of it had come once it was decoded. */
  get mayHaveGivenOutLatest(): boolean {
    return this.length === 0 && !this.#isUnsettled;
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
    if (!unit.corrects) this.#enqueue(unit);
    else if (!this.#correctWaiting(unit) && unit.sequence !== this.#lastDropped) this.#heal(unit);
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
    this.#replay = [];
    this.#queue.clear();
    this.#abandoned = true;
    this.#run();
  }

  /** The decoder is done with what it had (`DecoderListener.idle`). */
  decoderIdle(): void {
    if (this.#decoding) this.#noteDecoded(this.#decoding);
    this.#takeTurn();
  }

  /** The decoder lost all that it knew (`DecoderListener.lost`): it is brought level from the cache, and to its end again. */
  decoderLost(): void {
    this.#decoding = undefined;
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
    this.#sinceCleanStart = isCleanStart(unit) ? 0 : this.#sinceCleanStart + 1;
    // A new sender's pictures are here before the old one's were decoded: the epoch makes the decoder flush between.
    this.#flushing = false;
    this.#forecast.received(unit);
    this.#queue.push(unit);
  }

  /** @returns true when the access unit had not been decoded yet, so nothing has to be healed */
  #correctWaiting(unit: AccessUnit): boolean {
    if (this.#queue.correct(unit)) return true;
    if (this.#replay.at(-1)?.sequence !== unit.sequence) return false;
    this.#replay[this.#replay.length - 1] = unit;
    this.#cache.add(unit);
    return true;
  }

  #heal(unit: AccessUnit): void {
    this.#healed++;
    this.#cache.add(unit);
    const since = [...this.#cache.units];
    if (!this.#decoder.correct) this.#decoder.reset();
    this.#replay = [...(this.#decoder.correct?.(unit, since) ?? since)];
    if (this.#replay.length === 0) this.#waitForStart();
  }

  /**
   * What comes next can be decoded from a random access point only. Where the stream has shown none for long, none may ever come:
   * the decoder is told of the loss, and finds out when pictures are whole again.
   */
  #waitForStart(): void {
    if (this.#sinceCleanStart < patience) this.#waitsForRandomAccess = true;
    else this.#lostBefore = true;
  }

  #run(): void {
    if (this.#lateness && this.#queue.isBeyond(1)) this.#giveUp();
    if (this.#turnIsTaken) return;
    this.#decodeNext();
    if (this.length === 0) this.#end();
    else if (this.#mayDecode && !this.#hold) this.#takeTurn();
  }

  #takeTurn(): void {
    if (this.#turnIsTaken) return;
    this.#turnIsTaken = true;
    this.#options.later(() => {
      this.#turnIsTaken = false;
      if (this.#busy) this.#queue.spreadOver(this.#busy.from, this.#busy.to);
      this.#busy = undefined;
      if (this.#isIdle) this.#settle();
      this.#catchUpWhenQuiet();
      this.#run();
      this.#watchFullness();
    });
  }

  #settle(): void {
    this.#isUnsettled = false;
    this.#decoder.settle();
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
    this.#lookAtAge();
    this.#holdForStart();
    if (this.#hold) return;
    const unit = this.#replay.shift() ?? this.#next();
    if (!unit) return;
    this.#flushed = false;
    const from = this.#clock.now();
    const decoding = { unit, since: from };
    this.#decoding = decoding;
    this.#isUnsettled = true;
    this.#decoder.push(unit);
    const to = this.#clock.now();
    this.#busy = { from, to };
    this.#options.onBusy?.(from, to);
    if (!this.#isIdle) return;
    this.#noteDecoded(decoding);
    // What came in while this one was decoded is received before it is settled and the next is decoded.
    this.#takeTurn();
  }

  /** Takes the next access unit to decode from the queue, and drops those before it that are left out. */
  #next(): AccessUnit | undefined {
    for (let unit = this.#queue.shift(); unit; unit = this.#queue.shift()) {
      if (unit.randomAccess !== undefined) this.#waitsForRandomAccess = false;
      if (this.#waitsForRandomAccess && !this.#completesFrame(unit)) {
        this.#drop(unit, "untilRandomAccess");
        continue;
      }
      if (unit.picture.reference || !this.#lateness?.isAt("loop-filter")) return this.#admit(unit);
      if (this.#lateness.isAt("non-reference") && !this.#isHalfOfFrame(unit)) {
        this.#drop(unit, "nonReference");
        this.#decoder.push({ ...unit, leaveOut: "picture" });
      } else if (this.#options.skipLoopFilter === false) {
        return this.#admit(unit);
      } else {
        this.#leftOut.loopFilter();
        return { ...this.#admit(unit), leaveOut: "loop-filter" };
      }
    }
    return undefined;
  }

  /** The access unit as it is decoded now, and would be again. */
  #admit(waiting: AccessUnit): AccessUnit {
    const unit = this.#lostBefore && !waiting.discontinuity ? { ...waiting, discontinuity: true } : waiting;
    this.#lostBefore = false;
    this.#cache.add(unit);
    return unit;
  }

  #noteDecoded({ unit, since }: Decoding): void {
    const time = microseconds(this.#clock.now() - since);
    this.#decodeTime += (time - this.#decodeTime) / 16;
    this.#forecast.decoded(unit, time);
    this.#decoding = undefined;
  }

  /** False while a decoder that works elsewhere is at it. */
  get #isIdle(): boolean {
    return this.#decoder.queueSize === 0;
  }

  get #mayDecode(): boolean {
    return this.#isIdle && this.#options.mayDecode();
  }

  /** True of a second field whose first was decoded: half a frame would be shown without it. */
  #completesFrame({ picture, sequence }: AccessUnit): boolean {
    return picture.secondField && this.#lastDropped !== sequence - 1;
  }

  /** True of a field that cannot be dropped because the other field of its frame was decoded, or may be. */
  #isHalfOfFrame(unit: AccessUnit): boolean {
    if (unit.picture.structure === "frame") return false;
    if (unit.picture.secondField) return this.#completesFrame(unit);
    const second = this.#queue.first;
    return !second?.picture.secondField || second.picture.reference;
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

  #drop(unit: AccessUnit, reason: DropReason): void {
    this.#leftOut.drop(unit, reason);
    this.#lastDropped = unit.sequence;
    if (unit.picture.reference || unit.discontinuity) this.#lostBefore = true;
  }

  #lookAtAge(): void {
    const now = this.#clock.now();
    this.#lateness?.look(microseconds(now - (this.#queue.since ?? now)), now);
    if (this.#lateness?.isAt("jump")) this.#giveUp();
  }

  /** Gives up what waits for the newest random access point, or, where there is nothing left to hope for, for the next. */
  #giveUp(): void {
    const clean = this.#queue.findLastIndex(isStart);
    if (this.#isAhead(clean)) {
      this.#dropBefore(clean, "beforeJump");
    } else if (this.#queue.isBeyond(1) || this.#lateness?.isAt("wait")) {
      const any = this.#queue.findLastIndex(({ randomAccess }) => randomAccess !== undefined);
      this.#dropBefore(this.#isAhead(any) ? any : this.#queue.length, "untilRandomAccess");
      this.#waitForStart();
      this.#lateness?.restart();
    }
  }

  /** Holds decoding while it is so late that it will jump to the next start, and that is about to come. */
  #holdForStart(): void {
    this.#hold?.();
    this.#hold = undefined;
    if (this.#flushing || this.#closing || !this.#lateness?.isAt("jump")) return;
    const next = this.#replay[0] ?? this.#queue.first;
    if (!next || isStart(next) || this.#completesFrame(next)) return;
    const wait = this.#forecast.waitInsteadOf(next, this.#clock.now());
    if (wait === 0) return;
    this.#hold = this.#clock.startTimer(wait, () => {
      this.#hold = undefined;
      this.#run();
    });
  }

  /** Something waits to be decoded before the access unit at that place in the queue. */
  #isAhead(index: number): boolean {
    return index > 0 || (index === 0 && this.#replay.length > 0);
  }

  /** What is decoded again goes as well: it is older still, and but for the last, which was corrected, has been shown. */
  #dropBefore(count: number, reason: DropReason): void {
    const corrected = this.#replay.at(-1);
    this.#replay = [];
    if (corrected) {
      this.#drop(corrected, reason);
      this.#lostBefore = true;
    }
    const kept = this.#queue.first && this.#completesFrame(this.#queue.first) ? 1 : 0;
    for (const unit of this.#queue.take(kept, count)) this.#drop(unit, reason);
  }

  #watchFullness(): void {
    if (this.#lateness) return;
    const isFull = this.#queue.isBeyond(this.#full ? 1 / 4 : 1);
    if (isFull === this.#full) return;
    this.#full = isFull;
    this.#options.onFull?.(isFull);
  }
}

import type { IssueReporter } from "../../core/issues.js";
import { fromMilliseconds, type Microseconds, microseconds } from "../../core/time.js";
import { type AccessUnit, isCleanStart, isPossibleStart, isStart } from "../../h264/access-unit.js";
import { AccessUnitCache } from "./access-unit-cache.js";
import type { DecodeQueueOptions } from "./decode-queue-options.js";
import { type LeftOut, LeftOutCounter, type LeftOutReason } from "./left-out.js";
import { LoadLadder } from "./load-ladder.js";
import { WaitingQueue } from "./waiting-queue.js";

/** Access units without a clean start after which none is waited for. */
const unitsWithoutCleanStart = 1024;

/**
 * Which access unit is decoded next: first those to be decoded again, then those that wait, without what is left out by the load
 * ladder (`LoadLadder`). Never is a single reference picture dropped. What was given out is kept in a cache, to be decoded again.
 */
export class UnitsToDecode {
  readonly #passOver: (unit: AccessUnit) => void;
  readonly #skipsLoopFilter: boolean;
  readonly #lateness: LoadLadder | undefined;
  readonly #cache: AccessUnitCache;
  /** To be decoded again, before those in `#queue`. */
  #again: AccessUnit[] = [];
  readonly #queue: WaitingQueue;
  readonly #leftOut: LeftOutCounter;
  #waitsForRandomAccess = false;
  #lostBefore = false;
  /** Access units since the last clean start; infinite while none has come. */
  #sinceCleanStart = Number.POSITIVE_INFINITY;
  /** Sequence number of the access unit dropped last. */
  #lastDropped: number | undefined;

  /** @param passOver gets each picture that is not decoded although others are that come after it in output order, `leaveOut` saying so */
  constructor(issues: IssueReporter, options: DecodeQueueOptions, passOver: (unit: AccessUnit) => void) {
    const { maxLagMs, skipLoopFilter = true } = options;
    this.#passOver = passOver;
    this.#skipsLoopFilter = skipLoopFilter;
    this.#lateness = maxLagMs === undefined ? undefined : new LoadLadder(fromMilliseconds(maxLagMs));
    this.#cache = new AccessUnitCache(options.cache);
    this.#queue = new WaitingQueue(options);
    this.#leftOut = new LeftOutCounter(issues);
  }

  get length(): number {
    return this.#queue.length + this.#again.length;
  }

  /** More waits than that part of the bounds. */
  isBeyond(part: number): boolean {
    return this.#queue.isBeyond(part);
  }

  /** What was left out because decoding was late. */
  get leftOut(): LeftOut {
    return this.#leftOut.counts;
  }

  /** Access units dropped because they were too late. */
  get dropped(): number {
    return this.#leftOut.dropped;
  }

  /** True while decoding is late enough that a picture which a newer one replaces is of no use. */
  get isLate(): boolean {
    return this.#lateness?.isAt("conversion") === true;
  }

  /** All given out by `next` since the last random access point. */
  get cached(): readonly AccessUnit[] {
    return this.#cache.units;
  }

  /** @param since when it began to wait */
  push(unit: AccessUnit, since: Microseconds): void {
    this.#sinceCleanStart = isCleanStart(unit) ? 0 : this.#sinceCleanStart + 1;
    this.#queue.push(unit, since);
    this.#keepWithinBounds();
  }

  /**
   * Takes the whole of an access unit whose end was guessed too early.
   * @returns false when that was decoded, so that the decoder has to be brought level
   */
  correct(unit: AccessUnit): boolean {
    if (unit.sequence === this.#lastDropped) return true;
    if (this.#queue.correct(unit)) {
      this.#keepWithinBounds();
      return true;
    }
    const isToBeDecodedAgain = this.#again.at(-1)?.sequence === unit.sequence;
    if (isToBeDecodedAgain) this.#again[this.#again.length - 1] = unit;
    this.#cache.add(unit);
    return isToBeDecodedAgain;
  }

  /** These come before all that waits: the decoder forgot them. */
  decodeAgain(units: readonly AccessUnit[]): void {
    this.#again = [...units];
  }

  /**
   * What comes next can be decoded from a random access point only. Where the stream has shown none for long, none may ever come:
   * the decoder is told of the loss, and finds out when pictures are whole again.
   */
  beginAtStart(): void {
    if (this.#sinceCleanStart < unitsWithoutCleanStart) this.#waitsForRandomAccess = true;
    else this.#lostBefore = true;
  }

  /** Nothing that waits will be decoded. */
  clear(): void {
    this.#again = [];
    this.#queue.clear();
  }

  /** To be called before each `next`: sees how late decoding is, and drops what is not worth decoding any more. */
  look(now: Microseconds): void {
    this.#lateness?.look(microseconds(now - (this.#queue.since ?? now)), now);
    if (this.#lateness?.isAt("jump")) this.#giveUp();
  }

  /** Takes out the next access unit to decode, and drops those before it that are left out. */
  next(): AccessUnit | undefined {
    return this.#again.shift() ?? this.#nextWaiting();
  }

  /** What came while the thread was busy was read at the end of that: see `WaitingQueue.spreadOver`. */
  spreadOver(from: Microseconds, to: Microseconds): void {
    this.#queue.spreadOver(from, to);
  }

  #nextWaiting(): AccessUnit | undefined {
    for (let unit = this.#queue.shift(); unit; unit = this.#queue.shift()) {
      if (isPossibleStart(unit)) this.#waitsForRandomAccess = false;
      if (this.#waitsForRandomAccess && !this.#completesFrame(unit)) {
        this.#drop(unit, "untilRandomAccess");
        continue;
      }
      if (unit.picture.reference || !this.#lateness?.isAt("loop-filter")) return this.#admit(unit);
      if (this.#lateness.isAt("non-reference") && !this.#isHalfOfFrame(unit)) {
        this.#drop(unit, "nonReference");
        this.#passOver({ ...unit, leaveOut: "picture" });
      } else if (!this.#skipsLoopFilter) {
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

  #keepWithinBounds(): void {
    if (this.#lateness && this.#queue.isBeyond(1)) this.#giveUp();
  }

  /** Gives up what waits for the newest random access point, or, where there is nothing left to hope for, for the next. */
  #giveUp(): void {
    const clean = this.#queue.findLastIndex(isStart);
    if (this.#isAhead(clean)) {
      this.#dropBefore(clean, "beforeJump");
    } else if (this.#queue.isBeyond(1) || this.#lateness?.isAt("wait")) {
      const any = this.#queue.findLastIndex(isPossibleStart);
      this.#dropBefore(this.#isAhead(any) ? any : this.#queue.length, "untilRandomAccess");
      this.beginAtStart();
      this.#lateness?.restart();
    }
  }

  /** Something waits to be decoded before the access unit at that place in the queue. */
  #isAhead(index: number): boolean {
    return index > 0 || (index === 0 && this.#again.length > 0);
  }

  /** What is decoded again goes as well: it is older still, and but for the last, which was corrected, has been shown. */
  #dropBefore(count: number, reason: LeftOutReason): void {
    const corrected = this.#again.at(-1);
    this.#again = [];
    if (corrected) {
      this.#drop(corrected, reason);
      this.#lostBefore = true;
    }
    const kept = this.#queue.first && this.#completesFrame(this.#queue.first) ? 1 : 0;
    for (const unit of this.#queue.take(kept, count)) this.#drop(unit, reason);
  }

  #drop(unit: AccessUnit, reason: LeftOutReason): void {
    this.#leftOut.drop(unit, reason);
    this.#lastDropped = unit.sequence;
    if (unit.picture.reference || unit.discontinuity) this.#lostBefore = true;
  }
}

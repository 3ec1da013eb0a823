import type { IssueReporter } from "../../core/issues.js";
import { fromMilliseconds, type Microseconds, microseconds } from "../../core/time.js";
import { type AccessUnit, isCleanStart, isPossibleStart, isStart } from "../../h264/access-unit.js";
import { AccessUnitCache } from "./access-unit-cache.js";
import type { DecodeQueueOptions } from "./decode-queue-options.js";
import { type LeftOut, LeftOutCounter, type LeftOutReason } from "./left-out.js";
import { LoadLadder } from "./load-ladder.js";
import { WaitingQueue } from "./waiting-queue.js";

/** After this many access units without a clean start, the queue does not wait for one. */
const unitsWithoutCleanStart = 1024;

/**
 * Chooses the access unit that is decoded next: first those to decode again, then those that wait,
 * without what the load ladder leaves out (`LoadLadder`). It never drops a single reference
 * picture. A cache keeps what was decoded, to decode it again.
 */
export class UnitsToDecode {
  readonly #passOver: (unit: AccessUnit) => void;
  readonly #skipsLoopFilter: boolean;
  readonly #lateness: LoadLadder | undefined;
  readonly #cache: AccessUnitCache;
  /** To decode again, before those in `#queue`. */
  #again: AccessUnit[] = [];
  readonly #queue: WaitingQueue;
  readonly #leftOut: LeftOutCounter;
  #waitsForRandomAccess = false;
  #lostBefore = false;
  /** Access units since the last clean start; infinite before the first one. */
  #sinceCleanStart = Number.POSITIVE_INFINITY;
  /** Sequence number of the access unit that was dropped last. */
  #lastDropped: number | undefined;

  /**
   * @param passOver called with each picture that is dropped alone, with `leaveOut`: later ones
   *   need not wait for it
   */
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

  /** True when more waits than this part of the bounds. */
  isBeyond(part: number): boolean {
    return this.#queue.isBeyond(part);
  }

  /** What was left out because decoding fell behind. */
  get leftOut(): LeftOut {
    return this.#leftOut.counts;
  }

  /** Access units dropped because decoding fell behind. */
  get dropped(): number {
    return this.#leftOut.dropped;
  }

  /**
   * True while decoding is so late that a picture is not worth converting when a newer one will
   * replace it.
   */
  get isLate(): boolean {
    return this.#lateness?.isAt("conversion") === true;
  }

  /** All that `next` has returned since the last random access point. */
  get cached(): readonly AccessUnit[] {
    return this.#cache.units;
  }

  /** @param since when `unit` began to wait */
  push(unit: AccessUnit, since: Microseconds): void {
    this.#sinceCleanStart = isCleanStart(unit) ? 0 : this.#sinceCleanStart + 1;
    this.#queue.push(unit, since);
    this.#keepWithinBounds();
  }

  /**
   * Takes the correction of an access unit whose end was guessed too early.
   * @returns false when the wrong one was decoded, so that the decoder must undo it
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

  /** The decoder forgot `units`: they come before all that waits. */
  decodeAgain(units: readonly AccessUnit[]): void {
    this.#again = [...units];
  }

  /**
   * Decoding can only resume at a random access point. If the stream has shown none for long, none
   * may ever come: then decoding goes on with a discontinuity, and the decoder finds out when
   * pictures are whole again.
   */
  beginAtStart(): void {
    if (this.#sinceCleanStart < unitsWithoutCleanStart) this.#waitsForRandomAccess = true;
    else this.#lostBefore = true;
  }

  /** Drops all that waits, without counting it. */
  clear(): void {
    this.#again = [];
    this.#queue.clear();
  }

  /**
   * To be called before each `next`: measures how late decoding is, and drops what is no longer
   * worth decoding.
   */
  look(now: Microseconds): void {
    this.#lateness?.look(microseconds(now - (this.#queue.since ?? now)), now);
    if (this.#lateness?.isAt("jump")) this.#giveUp();
  }

  /** Removes the next access unit to decode, and those before it that are left out. */
  next(): AccessUnit | undefined {
    return this.#again.shift() ?? this.#nextWaiting();
  }

  /** See `WaitingQueue.spreadOver`. */
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

  /** The access unit as it is decoded, now and again later. */
  #admit(waiting: AccessUnit): AccessUnit {
    const unit = this.#lostBefore && !waiting.discontinuity ? { ...waiting, discontinuity: true } : waiting;
    this.#lostBefore = false;
    this.#cache.add(unit);
    return unit;
  }

  /** True for a second field whose first was decoded: without it, half a frame would be shown. */
  #completesFrame({ picture, sequence }: AccessUnit): boolean {
    return picture.secondField && this.#lastDropped !== sequence - 1;
  }

  /**
   * True for a field that cannot be dropped because the other field of its frame is decoded, or may
   * be.
   */
  #isHalfOfFrame(unit: AccessUnit): boolean {
    if (unit.picture.structure === "frame") return false;
    if (unit.picture.secondField) return this.#completesFrame(unit);
    const second = this.#queue.first;
    return !second?.picture.secondField || second.picture.reference;
  }

  #keepWithinBounds(): void {
    if (this.#lateness && this.#queue.isBeyond(1)) this.#giveUp();
  }

  /**
   * Jumps to the newest random access point that waits or, as a last resort, drops all until the
   * next one.
   */
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

  /** True when something waits before the access unit at `index`. */
  #isAhead(index: number): boolean {
    return index > 0 || (index === 0 && this.#again.length > 0);
  }

  /**
   * Also drops what was to be decoded again: it is older still, and all but the corrected last one
   * was shown.
   */
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

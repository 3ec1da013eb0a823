import { type AccessUnit, isStart, memoryOf } from "../../h264/access-unit.js";
import type { Decoder } from "./decoder.js";

/** A decoder that can decode in silence. */
export interface MutableDecoder extends Decoder {
  /** While true, it outputs and reports nothing. */
  muted: boolean;
}

/** Bounds of a `DecoderPair`. */
export interface DecoderPairOptions {
  /**
   * Access units that may wait for the spare. With more, the spare rests until the next random
   * access point. Default 1024.
   */
  readonly maxWaiting?: number;
  /**
   * Bytes of memory that these may take (`memoryOf`). With more, the spare rests too. Default 32
   * MiB.
   */
  readonly maxWaitingBytes?: number;
  /**
   * False while there is no time to decode each picture twice: the spare rests. Default: always
   * true.
   */
  readonly mayDecodeTwice?: () => boolean;
}

/**
 * After this many pictures without one that silence ended, the ends of the stream's pictures are
 * not guesses.
 */
const picturesWithoutSilence = 64;

/**
 * Two decoders, one picture apart. The front decodes each access unit at once, even if its end is a
 * guess. The spare decodes it in silence, in idle time, once its end is certain. When a guess was
 * wrong, the front's references are damaged, and the spare takes over: a mistake costs two pictures
 * instead of all since the last random access point. The former front starts again and catches up
 * to become the next spare.
 *
 * So a short silence may end a picture even in streams whose random access points are hours apart.
 * The price is decoding twice, in idle time only.
 */
export class DecoderPair implements Decoder {
  readonly #maxWaiting: number;
  readonly #maxWaitingBytes: number;
  readonly #mayDecodeTwice: () => boolean;
  #front: MutableDecoder;
  #spare: MutableDecoder;
  /** The access unit that only the front has, because it may still be corrected. */
  #latest: AccessUnit | undefined;
  #picturesSinceSilence = 0;
  /**
   * Final access units for the spare; undefined while it rests until the next random access point.
   */
  #waiting: AccessUnit[] | undefined;

  /** Both output to the same sink and share their `OutputHistory`. */
  constructor(front: MutableDecoder, spare: MutableDecoder, options: DecoderPairOptions = {}) {
    this.#front = front;
    this.#spare = spare;
    this.#spare.muted = true;
    this.#maxWaiting = options.maxWaiting ?? 1024;
    this.#maxWaitingBytes = options.maxWaitingBytes ?? 32 * 1024 * 1024;
    this.#mayDecodeTwice = options.mayDecodeTwice ?? (() => true);
  }

  get queueSize(): number {
    return this.#front.queueSize;
  }

  get picturesToUndo(): number | undefined {
    return this.#waiting && this.#waiting.length + 1;
  }

  push(unit: AccessUnit): void {
    this.#passLatestToSpare();
    this.#latest = unit;
    this.#picturesSinceSilence = unit.endedBy === "silence" ? 0 : this.#picturesSinceSilence + 1;
    this.#front.push(unit);
  }

  confirmEnd(): void {
    this.#front.confirmEnd();
  }

  correct(unit: AccessUnit, since: readonly AccessUnit[]): readonly AccessUnit[] {
    const latest = this.#latest;
    const missing = this.#waiting;
    if (!missing || latest?.sequence !== unit.sequence) {
      this.reset();
      return since;
    }
    this.#front.reset();
    [this.#front, this.#spare] = [this.#spare, this.#front];
    this.#front.muted = false;
    this.#spare.muted = true;
    const again = [...missing, latest.discontinuity ? { ...unit, discontinuity: true } : unit];
    // The new spare gets those in `again` like all others: when the next one makes them final.
    const before = since.filter(({ sequence }) => sequence < again[0]!.sequence);
    this.#waiting = since.length > 0 ? before : undefined;
    this.#latest = undefined;
    return again;
  }

  catchUp(): boolean {
    const unit = this.#waiting?.shift();
    if (!unit) return false;
    this.#spare.push(unit);
    return true;
  }

  reset(): void {
    this.#front.reset();
    this.#rest();
  }

  flush(): void {
    this.#front.flush();
    this.#rest();
  }

  close(reason?: Error): void {
    this.#spare.close();
    this.#front.close(reason);
  }

  /** No correction came: the latest access unit is final, and the spare may decode it. */
  #passLatestToSpare(): void {
    const unit = this.#latest;
    this.#latest = undefined;
    if (!unit) return;
    if (!this.#isWorthwhile) {
      this.#rest();
      return;
    }
    if (this.#maySkipTo(unit)) {
      this.#spare.reset();
      this.#waiting = [];
    }
    this.#waiting?.push(unit);
    if (this.#waiting && this.#isTooMuch(this.#waiting)) this.#rest();
  }

  #isTooMuch(waiting: readonly AccessUnit[]): boolean {
    if (waiting.length > this.#maxWaiting) return true;
    return waiting.reduce((sum, unit) => sum + memoryOf(unit), 0) > this.#maxWaitingBytes;
  }

  get #isWorthwhile(): boolean {
    return this.#picturesSinceSilence < picturesWithoutSilence && this.#mayDecodeTwice();
  }

  /** A resting spare resumes at a clean start; one that is behind skips to an IDR picture. */
  #maySkipTo(unit: AccessUnit): boolean {
    if (!this.#waiting) return isStart(unit);
    return unit.picture.idr && this.#waiting.length > 0;
  }

  #rest(): void {
    this.#latest = undefined;
    if (!this.#waiting) return;
    this.#waiting = undefined;
    this.#spare.reset();
  }
}

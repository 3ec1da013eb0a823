import { type AccessUnit, isStart, memoryOf } from "../../h264/access-unit.js";
import type { Decoder } from "./decoder.js";

/** A decoder that can be told to give out nothing, and report nothing, while it decodes. */
export interface MutableDecoder extends Decoder {
  muted: boolean;
}

/** Bounds of a `DecoderPair`. */
export interface DecoderPairOptions {
  /** Access units that may wait for the spare; beyond, it rests until the next random access point. Default 1024. */
  readonly maxWaiting?: number;
  /** Bytes of memory that they may take (`memoryOf`); beyond, it rests too. Default 32 MiB. */
  readonly maxWaitingBytes?: number;
  /** False while a second decoding of each picture is not to be afforded: the spare then rests. Default: always true. */
  readonly mayDecodeTwice?: () => boolean;
}

/** A stream in which no picture was ended by silence for so long is one whose ends are known otherwise. */
const picturesWithoutSilence = 64;
/**
 * Two decoders, one picture apart. The front takes each access unit at once, also one whose end is a guess. The spare takes
 * it when nothing else is to be done and it is certain, and gives out nothing. When a guess was wrong, the references of the
 * front are damaged: the spare takes over, and a mistake costs two pictures instead of all since the last random access
 * point. The front then starts anew and catches up to be the next spare.
 *
 * So a short silence can be taken for the end of a picture, also in streams whose random access points are hours apart.
 * The price is decoding twice, in idle time only.
 */
export class DecoderPair implements Decoder {
  readonly #maxWaiting: number;
  readonly #maxWaitingBytes: number;
  readonly #mayDecodeTwice: () => boolean;
  #front: MutableDecoder;
  #spare: MutableDecoder;
  /** The access unit that the front has and the spare not, because it may still be corrected. */
  #latest: AccessUnit | undefined;
  #picturesSinceSilence = 0;
  /** Access units for the spare, certain ones; undefined while it rests until the next random access point. */
  #waiting: AccessUnit[] | undefined;

  /** Both give out to the same sink, and know of each other's pictures which were given out. */
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
    this.#confirmLatest();
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
    // The new spare gets those of `again` when they are confirmed anew, as all others.
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

  /** The latest access unit is what it is. */
  #confirmLatest(): void {
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

  /** A spare that rests starts at a clean start; one that is behind leaves out what comes before an IDR picture. */
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

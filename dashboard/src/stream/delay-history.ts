import type { PictureFigures } from "nalive/player";

/**
 * The delays of one second's pictures since their last byte, ms: the median up to each stage, and
 * the 95th percentile of the last stage. Null: no picture. `isJoining`: the player had just joined,
 * and was still catching up.
 */
export interface DelaySecond {
  readonly complete: number | null;
  readonly received: number | null;
  readonly decoded: number | null;
  readonly shown: number | null;
  readonly p95: number | null;
  readonly isJoining: boolean;
}

/** Two minutes. */
export const historySeconds = 120;
/** How long a player takes to catch up, s. */
const joiningSeconds = 3;
/** The most pictures of one second that count. */
const capacity = 512;
const empty: DelaySecond = {
  complete: null,
  received: null,
  decoded: null,
  shown: null,
  p95: null,
  isJoining: false,
};

/** The delays of the last two minutes by second. */
export class DelayHistory {
  /** The oldest first; the length never changes. */
  readonly seconds: DelaySecond[] = Array.from({ length: historySeconds }, () => empty);
  #pictures: PictureFigures[] = [];
  #joiningLeft = 0;

  add(picture: PictureFigures): void {
    if (picture.shownMs !== undefined && this.#pictures.length < capacity) this.#pictures.push(picture);
  }

  /** The player joins the stream. */
  join(): void {
    this.#joiningLeft = joiningSeconds;
  }

  /** Once per second: closes the current second. */
  tick(): DelaySecond {
    const pictures = this.#pictures;
    this.#pictures = [];
    const quantile = (share: number, of: (picture: PictureFigures) => number | undefined) => {
      const values = pictures.map(of).filter((value) => value !== undefined);
      return values.sort((a, b) => a - b)[Math.floor(share * values.length)] ?? null;
    };
    const second = {
      complete: quantile(0.5, ({ completeMs }) => completeMs),
      received: quantile(0.5, ({ receivedMs }) => receivedMs),
      decoded: quantile(0.5, ({ decodedMs }) => decodedMs),
      shown: quantile(0.5, ({ shownMs }) => shownMs),
      p95: quantile(0.95, ({ shownMs }) => shownMs),
      isJoining: this.#joiningLeft > 0,
    };
    // Until there is a picture, the player has nothing to catch up with.
    if (second.shown !== null) this.#joiningLeft--;
    this.seconds.push(second);
    this.seconds.shift();
    return second;
  }

  /** The latest complete second. */
  get latest(): DelaySecond {
    return this.seconds.at(-1) ?? empty;
  }
}

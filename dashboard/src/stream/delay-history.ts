import type { PictureFigures } from "nalive/player";

/** Delays of one second's pictures from their last byte on, ms: medians up to each stage, and what 95 in 100 do not exceed. */
export interface DelaySecond {
  readonly complete: number | null;
  readonly sent: number | null;
  readonly decoded: number | null;
  readonly shown: number | null;
  readonly p95: number | null;
}

/** Two minutes. */
export const historySeconds = 120;
/** Pictures of one second that are looked at: the first so many. */
const capacity = 512;
const empty: DelaySecond = { complete: null, sent: null, decoded: null, shown: null, p95: null };

/** The delays of the last two minutes, second by second. */
export class DelayHistory {
  /** The oldest first; always of the same length. */
  readonly seconds: DelaySecond[] = Array.from({ length: historySeconds }, () => empty);
  #pictures: PictureFigures[] = [];

  add(picture: PictureFigures): void {
    if (picture.shownMs !== undefined && this.#pictures.length < capacity) this.#pictures.push(picture);
  }

  /** Once a second: what came since the last time is a second of its own. */
  tick(): DelaySecond {
    const pictures = this.#pictures;
    this.#pictures = [];
    const quantile = (share: number, of: (picture: PictureFigures) => number | undefined) => {
      const values = pictures.map(of).filter((value) => value !== undefined);
      return values.sort((a, b) => a - b)[Math.floor(share * values.length)] ?? null;
    };
    const second = {
      complete: quantile(0.5, ({ completeMs }) => completeMs),
      sent: quantile(0.5, ({ receivedMs }) => receivedMs),
      decoded: quantile(0.5, ({ decodedMs }) => decodedMs),
      shown: quantile(0.5, ({ shownMs }) => shownMs),
      p95: quantile(0.95, ({ shownMs }) => shownMs),
    };
    this.seconds.push(second);
    this.seconds.shift();
    return second;
  }

  /** The latest whole second. */
  get latest(): DelaySecond {
    return this.seconds.at(-1) ?? empty;
  }
}

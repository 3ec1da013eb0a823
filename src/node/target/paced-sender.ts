import type { Clock } from "../../core/time.js";
import { systemClock } from "../clock.js";
import { Pacer } from "../source/files/pacer.js";
import type { Target } from "./target.js";

/** One picture's bytes: an access unit, or a result of `cutPictures`. */
export interface PictureToSend {
  readonly data: Uint8Array;
}

/** How a {@link PacedSender} plays. */
export interface PacedSenderOptions {
  /** Pictures per second. */
  readonly fps: number;
  /** Restart at the end, again and again. Default false. */
  readonly loop?: boolean;
  /** Cut each picture into pieces of at most this many bytes. Default: one piece per picture. */
  readonly chunkBytes?: number;
  /** Default the system's. */
  readonly clock?: Clock;
}

/** What a {@link PacedSender} has sent. */
export interface SendTotals {
  readonly pictures: number;
  readonly bytes: number;
}

/**
 * Plays pictures to a target in real time, as a camera would. Restarts when a receiver disconnects
 * and another one connects.
 */
export class PacedSender {
  readonly #target: Target;
  readonly #options: PacedSenderOptions;
  readonly #pacer: Pacer;
  #pictures = 0;
  #bytes = 0;
  #stopped = false;

  /** Takes over the target: {@link run} closes it. */
  constructor(target: Target, options: PacedSenderOptions) {
    this.#target = target;
    this.#options = options;
    this.#pacer = new Pacer(options.clock ?? systemClock, options.fps);
  }

  /** So far. */
  get totals(): SendTotals {
    return { pictures: this.#pictures, bytes: this.#bytes };
  }

  /**
   * Plays until the end, or with `loop` until {@link stop}. Closes the target. Call it once.
   *
   * @param pictures is called for each round, to play from the beginning
   * @throws `TransportError` when the target cannot be opened, or is lost for good
   */
  async run(pictures: () => AsyncIterable<PictureToSend> | Iterable<PictureToSend>): Promise<SendTotals> {
    try {
      while (await this.#target.ready()) {
        const sentBefore = this.#pictures;
        const complete = await this.#playOnce(pictures());
        if (this.#stopped || (complete && !this.#options.loop)) break;
        if (complete && this.#pictures === sentBefore) break; // There is nothing to play.
      }
      return this.totals;
    } finally {
      await this.#target.close();
    }
  }

  /** Ends {@link run} soon. */
  stop(): void {
    this.#stopped = true;
    this.#pacer.stop();
    void this.#target.close();
  }

  /** @returns false when the receiver was lost */
  async #playOnce(pictures: AsyncIterable<PictureToSend> | Iterable<PictureToSend>): Promise<boolean> {
    const { chunkBytes } = this.#options;
    for await (const { data } of pictures) {
      if (!(await this.#pacer.turn())) return true;
      if (!(await this.#writeAll(pieces(data, chunkBytes ?? data.length)))) return false;
      this.#pictures++;
    }
    return true;
  }

  async #writeAll(pieces: Iterable<Uint8Array>): Promise<boolean> {
    for (const piece of pieces) {
      try {
        await this.#target.write(piece);
        this.#bytes += piece.length;
      } catch {
        // `ready` says whether another receiver can come, and throws the reason if none can.
        this.#pacer.restart();
        return false;
      }
    }
    return true;
  }
}

function* pieces(data: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

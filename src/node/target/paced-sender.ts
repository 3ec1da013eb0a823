import type { Clock } from "../../core/time.js";
import { systemClock } from "../clock.js";
import { Pacer } from "../source/files/pacer.js";
import type { Target } from "./target.js";

/** One picture's bytes: an access unit, or what `cutPictures` gives. */
export interface PictureToSend {
  readonly data: Uint8Array;
}

/** How a {@link PacedSender} plays. */
export interface PacedSenderOptions {
  /** Pictures a second. */
  readonly fps: number;
  /** Begin again at the end, for ever. Default false. */
  readonly loop?: boolean;
  /** Cut each picture into pieces of at most this many bytes. Default: a picture in one piece. */
  readonly chunkBytes?: number;
  /** Default the system's. */
  readonly clock?: Clock;
}

/** What a {@link PacedSender} has done. */
export interface SendTotals {
  readonly pictures: number;
  readonly bytes: number;
}

/**
 * Plays pictures to a target in real time, as a camera would. Begins anew when a receiver is gone
 * and another comes.
 */
export class PacedSender {
  readonly #target: Target;
  readonly #options: PacedSenderOptions;
  readonly #pacer: Pacer;
  #pictures = 0;
  #bytes = 0;
  #stopped = false;

  /** Owns the target from now on: {@link run} closes it. */
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
   * Plays until the end, or for ever with `loop`. Closes the target. Call it once.
   * @param pictures called for each round, to play from the beginning
   * @throws `TransportError` when the target cannot be opened, or is lost for good
   */
  async run(pictures: () => AsyncIterable<PictureToSend> | Iterable<PictureToSend>): Promise<SendTotals> {
    try {
      while (await this.#target.ready()) {
        const sentBefore = this.#pictures;
        const complete = await this.#playOnce(pictures());
        if (this.#stopped || (complete && !this.#options.loop)) break;
        if (complete && this.#pictures === sentBefore) break; // nothing to play
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

  /** @returns false when the receiver was lost on the way */
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

import type { AccessUnit } from "../../h264/access-unit.js";
import type { PictureLine } from "../../live/decoding/pictures/picture-line.js";
import type { DecoderKinds } from "./decoder-kinds.js";
import { maxRequests, usualRequests } from "./decoder-probe.js";
import type { WatchedDecoder } from "./watched-decoder.js";

/** What decides whether a picture is asked for. */
interface PictureRequestsOptions {
  /** The decoder in use is one of the kind in use. */
  readonly kinds: DecoderKinds;
  /** Whether the picture is wanted at once, because none is there that is newer. */
  readonly isNewest: (unit: AccessUnit) => boolean;
}

/**
 * Asks the browser's decoder for the newest picture, by end of sequence NAL units, and remembers
 * whether it may have given out one unasked.
 */
export class PictureRequests {
  readonly #line: PictureLine<VideoFrame>;
  readonly #options: PictureRequestsOptions;
  /** Sequence number of the picture that the decoder was asked for last. */
  #asked: number | undefined;
  /** The newest picture, not asked for while it is not known whether the decoder can be asked. */
  #unasked: AccessUnit | undefined;
  /** It was given a picture and not asked for it, so that it may have given out one by itself. */
  #mayOutputByItself = false;
  /** End of sequence NAL units for a picture: more, if those were too few. */
  #count = usualRequests;

  constructor(line: PictureLine<VideoFrame>, options: PictureRequestsOptions) {
    this.#line = line;
    this.#options = options;
  }

  /** The picture that was asked for last has not come. */
  get isUnanswered(): boolean {
    return this.#asked !== undefined && this.#line.owes(this.#asked);
  }

  /**
   * Asks for the picture, if nothing newer waits; once more than for the last one if that has not
   * come yet.
   * @param unit the picture's first access unit
   */
  ask(decoder: WatchedDecoder, unit: AccessUnit): void {
    if (this.isUnanswered) this.#count = Math.min(this.#count + 1, maxRequests);
    this.forget();
    if (!this.#options.isNewest(unit)) {
      this.#mayOutputByItself = true;
    } else if (this.#options.kinds.current?.abilities) {
      this.#asked = unit.sequence;
      decoder.ask(unit, this.#count);
    } else {
      // What a decoder that was not tried out would do when asked nobody knows.
      this.#mayOutputByItself = true;
      this.#unasked = unit;
    }
  }

  /**
   * It is known now that the decoder can be asked: asks for the newest picture, if that is still
   * wanted.
   */
  askBelated(decoder: WatchedDecoder): void {
    const unit = this.#unasked;
    if (unit && this.#line.owes(unit.sequence) && this.#options.isNewest(unit)) this.ask(decoder, unit);
  }

  /**
   * To be called before an IDR picture. FFmpeg remembers the order count of the last picture that
   * it gave out by itself, across an IDR picture too, and throws away what is below it: all
   * pictures of the next groups up to that count. Flushed it forgets.
   */
  forgetOrder(decoder: WatchedDecoder): void {
    if (this.#mayOutputByItself) decoder.flush();
    this.#mayOutputByItself = false;
  }

  /** No picture is waited for any more. */
  forget(): void {
    this.#asked = undefined;
    this.#unasked = undefined;
  }

  /** Another decoder takes the place of the one that was asked. */
  decoderGone(): void {
    this.#mayOutputByItself = false;
  }
}

import type { AccessUnit } from "../../h264/access-unit.js";
import type { PictureLine } from "../../live/decoding/pictures/picture-line.js";
import type { DecoderKinds } from "./decoder-kinds.js";
import { maxRequests, usualRequests } from "./decoder-probe.js";
import type { WatchedDecoder } from "./watched-decoder.js";

/** What decides whether to ask for a picture. */
interface PictureRequestsOptions {
  /** The decoder in use is of the kind in use. */
  readonly kinds: DecoderKinds;
  /** True when the picture is wanted at once, because there is no newer one. */
  readonly isNewest: (unit: AccessUnit) => boolean;
}

/**
 * Asks the browser's decoder for the newest picture, with end of sequence NAL units, and remembers
 * whether the decoder may have output a picture unasked.
 */
export class PictureRequests {
  readonly #line: PictureLine<VideoFrame>;
  readonly #options: PictureRequestsOptions;
  /** Sequence number of the latest picture that the decoder was asked for. */
  #asked: number | undefined;
  /** The newest picture, while it is unknown whether the decoder can be asked. */
  #unasked: AccessUnit | undefined;
  /** Pictures that were not asked for since the latest request. The decoder may hold them. */
  #notAsked = 0;
  /** The decoder was not asked for some picture, so it may have output one unasked. */
  #mayOutputByItself = false;
  /** Requests per picture; grows when they were too few. */
  #count = usualRequests;

  constructor(line: PictureLine<VideoFrame>, options: PictureRequestsOptions) {
    this.#line = line;
    this.#options = options;
  }

  /** The latest picture that was asked for has not come. */
  get isUnanswered(): boolean {
    return this.#asked !== undefined && this.#line.owes(this.#asked);
  }

  /**
   * Asks for the picture unless a newer one waits. If the previous one has not come yet, sends one
   * more request than before. Each request brings one picture, so those that the decoder holds need
   * requests, too.
   * @param unit the picture's first access unit
   */
  ask(decoder: WatchedDecoder, unit: AccessUnit): void {
    if (this.isUnanswered) this.#count = Math.min(this.#count + 1, maxRequests);
    this.forget();
    if (!this.#options.isNewest(unit)) {
      this.#mayOutputByItself = true;
      this.#notAsked++;
    } else if (this.#options.kinds.current?.abilities) {
      this.#asked = unit.sequence;
      decoder.ask(unit, this.#count + Math.min(this.#notAsked, unit.format.maxDpbFrames));
      this.#notAsked = 0;
    } else {
      // Nobody knows what an untried decoder does on request.
      this.#mayOutputByItself = true;
      this.#notAsked++;
      this.#unasked = unit;
    }
  }

  /**
   * The decoder turned out to be one that can be asked: asks for the newest picture, if it is still
   * wanted.
   */
  askBelated(decoder: WatchedDecoder): void {
    const unit = this.#unasked;
    if (unit && this.#line.owes(unit.sequence) && this.#options.isNewest(unit)) this.ask(decoder, unit);
  }

  /**
   * To be called before an IDR picture. FFmpeg remembers the order count of the latest picture that
   * it output unasked, even across an IDR picture, and drops all pictures of the next groups below
   * that count. A flush makes it forget.
   */
  forgetOrder(decoder: WatchedDecoder): void {
    if (this.#mayOutputByItself) decoder.flush();
    this.#mayOutputByItself = false;
    this.#notAsked = 0;
  }

  /** Nobody waits for a picture any more. */
  forget(): void {
    this.#asked = undefined;
    this.#unasked = undefined;
  }

  /** The decoder that was asked is gone. */
  decoderGone(): void {
    this.#mayOutputByItself = false;
    this.#notAsked = 0;
  }
}

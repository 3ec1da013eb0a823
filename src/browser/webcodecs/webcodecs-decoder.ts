import { DecodeError } from "../../core/errors.js";
import type { IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import type { Clock } from "../../core/time.js";
import { type AccessUnit, isPossibleStart } from "../../h264/access-unit.js";
import type { Decoder } from "../../live/decoding/decoder.js";
import type { LineDecoder } from "../../live/decoding/pictures/line-decoder.js";
import { PictureLine } from "../../live/decoding/pictures/picture-line.js";
import type { DecodedPicture } from "../../live/decoding/pictures/picture-sink.js";
import { codecOf } from "../codec-of.js";
import { DecoderFailures } from "./decoder-failures.js";
import type { DecoderKinds } from "./decoder-kinds.js";
import { PictureRequests } from "./picture-requests.js";
import { WatchedDecoder } from "./watched-decoder.js";

/**
 * A picture with the browser's frame. Its receiver closes the frame: browsers stop decoding while
 * many are open.
 */
export type WebCodecsPicture = DecodedPicture<VideoFrame>;

/** Options of a `WebCodecsDecoder`. */
export interface WebCodecsDecoderOptions {
  readonly clock: Clock;
  /** The kinds to choose from. The first one is used at once. */
  readonly kinds: DecoderKinds;
  /** True when the picture is wanted at once, because there is no newer one. */
  readonly isNewest: (unit: AccessUnit) => boolean;
  /**
   * The browser's decoder is a new one, because the old one failed or was taken away: push again
   * from the last start.
   */
  readonly onLost: () => void;
  /** No kind of decoder decodes this stream. */
  readonly onUseless: (reason: Error) => void;
  /** `queueSize` is 0 again. */
  readonly onIdle: () => void;
  /** The picture of this access unit is not shown. An issue says why. */
  readonly onHeldBack: (unit: AccessUnit) => void;
}

type State =
  /** Looking for a kind of decoder. None can be used yet. */
  | { readonly kind: "choosing" }
  /** The next access unit to decode is a possible start. */
  | { readonly kind: "unconfigured" }
  | { readonly kind: "decoding"; readonly decoder: WatchedDecoder }
  | { readonly kind: "closed" };

/**
 * Chunks that may wait for the decoder. With 8, its threads idle now and then, and joining takes 5
 * % longer.
 */
const maxDecodeQueue = 16;
/** Pictures that may be pending: more than any stream's order needs. */
const maxPending = 32;
/** Pictures that the decoder may keep besides those of the DPB: one per thread. */
const maxKept = 4;

/**
 * The browser's H.264 decoder. An end of sequence NAL unit asks it for each picture that is wanted
 * at once. `PictureLine` decides what is output, and when, whether the browser outputs in decoding
 * order, in output order or on request.
 *
 * A browser does not report that it concealed damage inside a picture. Only damage that the
 * bitstream shows, or at which the browser fails, holds pictures back.
 */
export class WebCodecsDecoder implements Decoder {
  readonly #sink: Sink<WebCodecsPicture>;
  readonly #issues: IssueReporter;
  readonly #options: WebCodecsDecoderOptions;
  readonly #line: PictureLine<VideoFrame>;
  #state: State = { kind: "choosing" };
  /** `queueSize` was not 0 after the last `push`. */
  #isBusy = false;
  #hasDecoded = false;
  readonly #requests: PictureRequests;
  /** Codec and picture size of the current stream. */
  #configuration: string | undefined;
  /** MaxDpbFrames of the latest access unit. */
  #maxDpbFrames = 0;
  #failures = new DecoderFailures();

  constructor(sink: Sink<WebCodecsPicture>, issues: IssueReporter, options: WebCodecsDecoderOptions) {
    this.#sink = sink;
    this.#issues = issues;
    this.#options = options;
    this.#line = new PictureLine(this.#lineDecoder, sink, issues, {
      skipLeading: true, // Browsers fail at them.
      onHeldBack: options.onHeldBack,
    });
    this.#requests = new PictureRequests(this.#line, options);
    void this.#choose();
  }

  /** Does not count what the browser has, while it accepts more. */
  get queueSize(): number {
    if (this.#state.kind === "choosing") return 1;
    if (this.#state.kind !== "decoding") return 0;
    const tooMany = this.#state.decoder.queueSize - maxDecodeQueue;
    return Math.max(0, tooMany, this.#line.length - maxPending);
  }

  /** Pictures that the browser was sent and has not output. */
  get owed(): number {
    return this.#line.owed;
  }

  push(unit: AccessUnit): void {
    if (this.#state.kind === "closed") return;
    this.#line.push(unit);
    this.#isBusy = this.queueSize > 0;
  }

  confirmEnd(): void {
    this.#line.confirmEnd();
  }

  reset(): void {
    this.#dropDecoder();
    this.#requests.forget();
    this.#line.reset();
  }

  /**
   * Pictures that the browser still has follow after this returns. The next access unit begins
   * another stream.
   */
  flush(): void {
    this.#line.flush();
  }

  close(reason?: Error): void {
    this.reset();
    this.#state = { kind: "closed" };
    this.#sink.close(reason);
  }

  get #lineDecoder(): LineDecoder<VideoFrame> {
    return {
      send: (unit) => this.#send(unit),
      ask: (unit) => {
        this.#ask(unit);
        return false;
      },
      renew: () => undefined,
      release: (frame, wasOutput) => {
        if (!wasOutput) frame.close();
      },
    };
  }

  #send(unit: AccessUnit): "sent" | "refused" | "declined" {
    const decoder = this.#decoderFor(unit);
    if (!decoder) return "declined";
    this.#maxDpbFrames = unit.format.maxDpbFrames;
    if (unit.picture.idr && !unit.picture.secondField) this.#requests.forgetOrder(decoder);
    try {
      decoder.decode(unit);
      return "sent";
    } catch (error) {
      this.#noteRefused(unit, error as Error);
      return "refused";
    }
  }

  /** The decoder for this access unit, configured for its parameter sets. */
  #decoderFor(unit: AccessUnit): WatchedDecoder | undefined {
    const mayStart = isPossibleStart(unit) && !unit.picture.secondField;
    if (!mayStart) return this.#state.kind === "decoding" ? this.#state.decoder : undefined;
    const codec = codecOf(unit.parameterSets);
    if (codec === undefined) {
      this.#issues.report("missing-parameter-set", `picture ${unit.sequence} came without a readable SPS`);
      return undefined;
    }
    this.#begin(`${codec} ${unit.format.width}x${unit.format.height}`);
    const decoder = this.#state.kind === "decoding" ? this.#state.decoder : this.#open();
    decoder?.configure(codec);
    return decoder;
  }

  #ask(unit: AccessUnit): void {
    if (this.#state.kind !== "decoding" || !this.#line.owes(unit.sequence)) return;
    if (this.#state.decoder.outputsOnRequest) this.#requests.ask(this.#state.decoder, unit);
  }

  /** A kind of decoder that failed at the stream before may decode this one. */
  #begin(configuration: string): void {
    if (configuration === this.#configuration) return;
    this.#configuration = configuration;
    this.#failures = new DecoderFailures();
    const { kinds } = this.#options;
    const before = kinds.current;
    kinds.restart();
    if (kinds.current !== before) this.#dropDecoder();
  }

  #open(): WatchedDecoder | undefined {
    const { kinds, clock } = this.#options;
    if (!kinds.current) return undefined;
    const decoder: WatchedDecoder = new WatchedDecoder(kinds.current, clock, {
      onFrame: (frame) => this.#take(frame),
      onFailed: (error) => this.#fail(error),
      onDequeued: () => {
        if (this.#isStuck(decoder)) this.#fail(new DOMException("it has stopped output"));
        this.#noteIdle();
      },
      owes: () => this.#owes(decoder),
    });
    this.#state = { kind: "decoding", decoder };
    return decoder;
  }

  /** True when the decoder has begun with everything, and owes more pictures than it can hold. */
  #isStuck(decoder: WatchedDecoder): boolean {
    return decoder.queueSize === 0 && this.#line.owed > maxPending;
  }

  /**
   * True when the decoder has not answered a request, keeps more pictures than order needs, or has
   * chunks to begin with.
   */
  #owes(decoder: WatchedDecoder): boolean {
    const owesTooMany = this.#line.owed > this.#maxDpbFrames + maxKept;
    return decoder.queueSize > 0 || this.#requests.isUnanswered || owesTooMany;
  }

  #noteIdle(): void {
    if (!this.#isBusy || this.queueSize > 0) return;
    this.#isBusy = false;
    this.#options.onIdle();
  }

  #dropDecoder(): void {
    if (this.#state.kind !== "decoding") return;
    const { decoder } = this.#state;
    this.#state = { kind: "unconfigured" };
    this.#requests.decoderGone();
    decoder.close();
  }

  /**
   * Browsers only start at access units whose slices allow it, not at a recovery point of several
   * frames.
   */
  #noteRefused(unit: AccessUnit, error: Error): void {
    this.#issues.report("decode-error", `the browser refused access unit ${unit.sequence}: ${error.message}`);
    if (!this.#hasDecoded && this.#failures.refused()) this.#replace(error.message);
  }

  /** The browser output a picture. */
  #take(frame: VideoFrame): void {
    if (!this.#line.decoded(frame.timestamp, frame, false)) return;
    this.#hasDecoded = true;
    this.#failures.worked();
    this.#noteIdle();
  }

  /**
   * The decoder is gone. One that the browser took away is reopened; for others, `DecoderFailures`
   * says what to do.
   */
  #fail(error: DOMException): void {
    const culprit = this.#line.firstOwed;
    this.#dropDecoder();
    if (error.name === "QuotaExceededError") {
      this.#options.onLost();
      return;
    }
    const failure = { picture: culprit?.sequence, group: culprit?.group };
    const what = culprit ? `picture ${failure.picture}` : "the stream";
    this.#issues.report("decode-error", `the browser failed at ${what}: ${error.message}`);
    switch (this.#failures.judge(failure, this.#options.kinds.hasNext)) {
      case "open-again":
        this.#options.onLost();
        break;
      case "leave-picture":
        this.reset();
        this.#issues.report("damaged-picture", `${what} cannot be decoded`);
        break;
      case "replace":
        this.#replace(`again at ${what}: ${error.message}`);
        break;
    }
  }

  /** The decoder is useless: another kind replaces it, if there is one. */
  #replace(failure: string): void {
    const { kinds, onUseless } = this.#options;
    const reason = `WebCodecs (${kinds.current?.hardwareAcceleration}) failed ${failure}`;
    if (kinds.hasNext) void this.#choose(reason);
    else onUseless(new DecodeError("NALIVE_DECODE", [reason, ...kinds.failures].join("; ")));
  }

  /** Chooses the first kind of decoder, or the next. @param failure of the kind before */
  async #choose(failure?: string): Promise<void> {
    const { kinds, onLost, onUseless } = this.#options;
    this.#dropDecoder();
    this.#state = { kind: "choosing" };
    await kinds.next(failure);
    if (this.#isClosed) return;
    this.#state = { kind: "unconfigured" };
    this.#failures.begin();
    if (!kinds.current) {
      onUseless(new DecodeError("NALIVE_DECODE", kinds.failures.join("; ")));
      return;
    }
    onLost();
    if (kinds.current.abilities) return;
    const isThere = await kinds.tryOut();
    if (!this.#isInUse || isThere === undefined) return;
    if (isThere) this.#tried();
    else this.#replace("to decode three small pictures");
  }

  /** The decoder that is already in use was tried. */
  #tried(): void {
    if (this.#state.kind !== "decoding") return;
    const { kinds, onLost } = this.#options;
    if (!kinds.current?.abilities?.outputsOnRequest) {
      // It was configured as one that can be asked.
      this.#dropDecoder();
      onLost();
    } else {
      this.#requests.askBelated(this.#state.decoder);
    }
  }

  get #isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  /** A kind of decoder was chosen. */
  get #isInUse(): boolean {
    return this.#state.kind === "decoding" || this.#state.kind === "unconfigured";
  }
}

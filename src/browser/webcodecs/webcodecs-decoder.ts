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

/** A picture as the browser gives it out. Its receiver closes the frame: browsers stop decoding while many are open. */
export type WebCodecsPicture = DecodedPicture<VideoFrame>;

/** How a `WebCodecsDecoder` works. */
export interface WebCodecsDecoderOptions {
  readonly clock: Clock;
  /** Those to choose from. The first is used at once. */
  readonly kinds: DecoderKinds;
  /** Whether the picture is wanted at once, because none is there that is newer. */
  readonly isNewest: (unit: AccessUnit) => boolean;
  /** Another decoder is there, for one that the browser took away or that failed: reset, and push again from the last random access point on. */
  readonly onLost: () => void;
  /** No kind of decoder decodes this stream. */
  readonly onUseless: (reason: Error) => void;
  /** `queueSize` is 0 again. */
  readonly onIdle: () => void;
  /** The picture of this access unit is not shown; why was reported as an issue. */
  readonly onHeldBack: (unit: AccessUnit) => void;
}

type State =
  /** A kind of decoder is being looked for: none can be used. */
  | { readonly kind: "choosing" }
  /** The next access unit to decode is a random access point. */
  | { readonly kind: "unconfigured" }
  | { readonly kind: "decoding"; readonly decoder: WatchedDecoder }
  | { readonly kind: "closed" };

/** Chunks that wait for the decoder at most: with 8 its threads are idle now and then, which costs who joins 5 %. */
const maxDecodeQueue = 16;
/** Pictures that it may have at most: more than any stream's order needs. */
const maxPending = 32;
/** Pictures that it may keep besides those of the DPB: one for each thread. */
const maxKept = 4;

/**
 * The browser's H.264 decoder, asked by an end of sequence NAL unit for each picture that is wanted at once. `PictureLine`
 * decides what is given out, and when, whether the browser gives out frames in decoding order, in output order or on request.
 *
 * A browser does not say that it concealed damage inside a picture: only what the bitstream shows, and what it fails at, is
 * held back.
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
  /** Of the stream that is being decoded: its codec, and the size of its pictures. */
  #configuration: string | undefined;
  /** MaxDpbFrames of the latest access unit. */
  #maxDpbFrames = 0;
  #failures = new DecoderFailures();

  constructor(sink: Sink<WebCodecsPicture>, issues: IssueReporter, options: WebCodecsDecoderOptions) {
    this.#sink = sink;
    this.#issues = issues;
    this.#options = options;
    this.#line = new PictureLine(this.#lineDecoder, sink, issues, {
      // A browser's decoder fails at them.
      skipLeading: true,
      onHeldBack: options.onHeldBack,
    });
    this.#requests = new PictureRequests(this.#line, options);
    void this.#choose();
  }

  /** What the browser has of its own is not counted while it takes more. */
  get queueSize(): number {
    if (this.#state.kind === "choosing") return 1;
    if (this.#state.kind !== "decoding") return 0;
    const tooMany = this.#state.decoder.queueSize - maxDecodeQueue;
    return Math.max(0, tooMany, this.#line.length - maxPending);
  }

  /** Pictures that the browser has and is waited for. */
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

  /** Pictures that the browser still has come after this returns; the next access unit begins another stream. */
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

  /** The decoder for this access unit; where the parameter sets are others, it is configured anew. */
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

  /** What failed at the stream before may do for another. */
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
        if (this.#isStuck(decoder)) this.#fail(new DOMException("it gives out nothing any more"));
        this.#noteIdle();
      },
      owes: () => this.#owes(decoder),
    });
    this.#state = { kind: "decoding", decoder };
    return decoder;
  }

  /** It has taken in all that it was given, and owes more pictures than it can have. */
  #isStuck(decoder: WatchedDecoder): boolean {
    return decoder.queueSize === 0 && this.#line.owed > maxPending;
  }

  /** It has a picture that it was asked for, or more than it may keep for order's sake, or does not begin with what it was given. */
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

  /** A browser takes no access unit as a start whose slices do not show it, such as a recovery point of several frames. */
  #noteRefused(unit: AccessUnit, error: Error): void {
    this.#issues.report("decode-error", `the browser refused access unit ${unit.sequence}: ${error.message}`);
    if (!this.#hasDecoded && this.#failures.refused()) this.#replace(error.message);
  }

  /** The browser decoded a picture. */
  #take(frame: VideoFrame): void {
    if (!this.#line.decoded(frame.timestamp, frame, false)) return;
    this.#hasDecoded = true;
    this.#failures.worked();
    this.#noteIdle();
  }

  /** The decoder is gone. Taken away by the browser it is opened again; what helps after an error `DecoderFailures` says. */
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

  /** The decoder is of no use: another kind takes its place, if there is one. */
  #replace(failure: string): void {
    const { kinds, onUseless } = this.#options;
    const reason = `WebCodecs (${kinds.current?.hardwareAcceleration}) failed ${failure}`;
    if (kinds.hasNext) void this.#choose(reason);
    else onUseless(new DecodeError("NALIVE_DECODE", [reason, ...kinds.failures].join("; ")));
  }

  /** Goes to the first kind of decoder, or to the next. @param failure of the one before */
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

  /** It is known what the decoder can do that is at work already. */
  #tried(): void {
    if (this.#state.kind !== "decoding") return;
    const { kinds, onLost } = this.#options;
    if (!kinds.current?.abilities?.outputsOnRequest) {
      // It was opened as if it could be asked.
      this.#dropDecoder();
      onLost();
    } else {
      this.#requests.askBelated(this.#state.decoder);
    }
  }

  get #isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  /** A kind of decoder has been chosen. */
  get #isInUse(): boolean {
    return this.#state.kind === "decoding" || this.#state.kind === "unconfigured";
  }
}

import { DecodeError } from "../../core/errors.js";
import type { IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import type { Clock } from "../../core/time.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import type { Decoder } from "../../live/decoding/decoder.js";
import { FieldPairs } from "../../live/decoding/field-pairs.js";
import { GivenOut } from "../../live/decoding/pictures/given-out.js";
import { WholePictures } from "../../live/decoding/pictures/whole-pictures.js";
import { codecOf } from "../codec-of.js";
import { DecoderFailures } from "./decoder-failures.js";
import type { DecoderKinds } from "./decoder-kinds.js";
import { type PendingPicture, PendingPictures } from "./pending-pictures.js";
import { PictureRequests } from "./picture-requests.js";
import { WatchedDecoder } from "./watched-decoder.js";

/** A picture as the browser gives it out. */
export interface DecodedPicture {
  /** Its receiver's to close; browsers decode no more while many are open. */
  readonly frame: VideoFrame;
  /** The access unit that it was coded in; of a pair of fields, the first. */
  readonly unit: AccessUnit;
  /** The access unit with its last byte: `unit`, or that of the second field. */
  readonly lastUnit: AccessUnit;
}

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

/**
 * The browser's H.264 decoder. Only whole pictures are given out (`WholePictures`), in the order of `OutputOrder`, whether the
 * browser gives them out in decoding order, in output order, or asked by an end of sequence NAL unit after each.
 *
 * A browser does not say that it concealed damage inside a picture: only what the bitstream shows, and what it fails at, is
 * held back.
 */
export class WebCodecsDecoder implements Decoder {
  readonly #sink: Sink<DecodedPicture>;
  readonly #issues: IssueReporter;
  readonly #options: WebCodecsDecoderOptions;
  readonly #whole: WholePictures;
  #state: State = { kind: "choosing" };
  #epoch: number | undefined;
  readonly #pending: PendingPictures;
  /** `queueSize` was not 0 after the last `push`. */
  #isBusy = false;
  readonly #givenOut = new GivenOut();
  #hasGivenOut = false;
  readonly #fields = new FieldPairs<PendingPicture>();
  readonly #requests: PictureRequests;
  /** Of the stream that is being decoded: its codec, and the size of its pictures. */
  #configuration: string | undefined;
  #failures = new DecoderFailures();
  /** Number of the latest random access point. */
  #group: number | undefined;

  constructor(sink: Sink<DecodedPicture>, issues: IssueReporter, options: WebCodecsDecoderOptions) {
    this.#sink = sink;
    this.#issues = issues;
    this.#options = options;
    this.#pending = new PendingPictures(issues);
    this.#requests = new PictureRequests(this.#pending, options);
    this.#whole = new WholePictures(issues);
    void this.#choose();
  }

  /** What the browser has of its own is not counted while it takes more. */
  get queueSize(): number {
    if (this.#state.kind === "choosing") return 1;
    if (this.#state.kind !== "decoding") return 0;
    const tooMany = this.#state.decoder.queueSize - maxDecodeQueue;
    return Math.max(0, tooMany, this.#pending.length - maxPending);
  }

  push(unit: AccessUnit): void {
    if (this.#state.kind === "closed") return;
    if (this.#epoch !== undefined && unit.epoch !== this.#epoch) this.flush();
    this.#epoch = unit.epoch;
    if (unit.leaveOut === "picture") {
      this.#passOver(unit);
      return;
    }
    const wasWaiting = this.#whole.isWaiting;
    const verdict = this.#whole.admit(unit);
    const mayShow = verdict === "whole";
    if (!unit.picture.secondField) this.#endFirstField();
    // A leading picture refers to what was before the random access point: a browser's decoder fails at it.
    const isUseless = !mayShow && verdict !== "recovering";
    const decoder = isUseless ? undefined : this.#decoderFor(unit, wasWaiting);
    if (!decoder) {
      this.#options.onHeldBack(unit);
      return;
    }
    const pending = this.#fields.join(unit, mayShow) ?? this.#pending.add(unit, this.#group, mayShow);
    this.#send(decoder, unit, pending);
    if (!this.#fields.hold(pending)) this.#finish(pending);
    this.#isBusy = this.queueSize > 0;
  }

  /** A picture whose end was a guess is not held back: what comes of it later has it decoded again. */
  settle(): void {}

  reset(): void {
    this.#dropDecoder();
    this.#pending.clear();
    this.#requests.forget();
    this.#fields.release();
    this.#whole.reset();
  }

  /** What the decoder has comes later than this returns; the next access unit begins another stream. */
  flush(): void {
    this.#endRun();
    this.#whole.reset();
  }

  close(reason?: Error): void {
    this.reset();
    this.#state = { kind: "closed" };
    this.#sink.close(reason);
  }

  /** It is not decoded, and no other refers to it: what comes after it in order need not wait for it. */
  #passOver(unit: AccessUnit): void {
    this.#options.onHeldBack(unit);
    if (unit.picture.secondField) return;
    this.#endFirstField();
    this.#pending.passOver(unit);
    this.#giveOut();
  }

  /** What was decoded so far is of no use to what comes: it is given out, and decoding starts anew. */
  #endRun(): void {
    this.#endFirstField();
    this.#pending.endOrder();
    this.#giveOut();
  }

  /** The decoder for this access unit; where the parameter sets are others, it is configured anew. */
  #decoderFor(unit: AccessUnit, startsAnew: boolean): WatchedDecoder | undefined {
    if (startsAnew) this.#endRun();
    const isStart = unit.randomAccess !== undefined && !unit.picture.secondField;
    if (!isStart) return this.#state.kind === "decoding" ? this.#state.decoder : undefined;
    const codec = codecOf(unit.parameterSets);
    if (codec === undefined) {
      this.#issues.report("missing-parameter-set", `picture ${unit.sequence} came without a readable SPS`);
      return undefined;
    }
    this.#group = unit.sequence;
    this.#begin(`${codec} ${unit.format.width}x${unit.format.height}`);
    const decoder = this.#state.kind === "decoding" ? this.#state.decoder : this.#open();
    decoder?.configure(codec);
    return decoder;
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
    return decoder.queueSize === 0 && this.#pending.owed > maxPending;
  }

  /** It has a picture that it was asked for, or more than it may keep for order's sake, or does not begin with what it was given. */
  #owes(decoder: WatchedDecoder): boolean {
    return decoder.queueSize > 0 || this.#requests.isUnanswered || this.#pending.owesTooMany;
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

  #send(decoder: WatchedDecoder, unit: AccessUnit, pending: PendingPicture): void {
    if (unit.picture.idr && !unit.picture.secondField) this.#requests.forgetOrder(decoder);
    try {
      decoder.decode(unit);
    } catch (error) {
      if (pending.unit === unit) this.#pending.remove(pending);
      this.#refused(unit, error as Error);
    }
  }

  /** A browser takes no access unit as a start whose slices do not show it, such as a recovery point of several frames. */
  #refused(unit: AccessUnit, error: Error): void {
    this.#issues.report("decode-error", `the browser refused access unit ${unit.sequence}: ${error.message}`);
    this.#whole.damaged(unit);
    if (!this.#hasGivenOut && this.#failures.refused()) this.#replace(error.message);
  }

  #endFirstField(): void {
    const field = this.#fields.release();
    if (field) this.#finish(field);
  }

  /** All that there is of the picture was sent. */
  #finish(pending: PendingPicture): void {
    if (this.#state.kind !== "decoding" || !this.#pending.has(pending)) return;
    if (this.#state.decoder.givesOutOnRequest) this.#requests.ask(this.#state.decoder, pending);
    this.#pending.complete(pending);
    this.#giveOut();
  }

  /** The browser decoded a picture. */
  #take(frame: VideoFrame): void {
    if (!this.#pending.take(frame)) return;
    this.#failures.worked();
    this.#giveOut();
    this.#noteIdle();
  }

  #giveOut(): void {
    for (let picture = this.#pending.shift(); picture; picture = this.#pending.shift()) {
      const { frame, unit, lastUnit, mayShow } = picture;
      if (!(frame instanceof VideoFrame) || !mayShow) {
        if (frame instanceof VideoFrame) frame.close();
        this.#options.onHeldBack(unit);
      } else if (this.#givenOut.add(unit.sequence)) {
        this.#hasGivenOut = true;
        this.#sink.push({ frame, unit, lastUnit });
      } else {
        frame.close();
      }
    }
  }

  /** The decoder is gone. Taken away by the browser it is opened again; what helps after an error `DecoderFailures` says. */
  #fail(error: DOMException): void {
    const culprit = this.#pending.firstOwed;
    this.#dropDecoder();
    if (error.name === "QuotaExceededError") {
      this.#options.onLost();
      return;
    }
    const failure = { picture: culprit?.unit.sequence, group: culprit?.group };
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
    if (!kinds.current?.abilities?.givesOutOnRequest) {
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

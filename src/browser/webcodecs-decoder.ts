import { DecodeError } from "../core/errors.js";
import type { IssueReporter } from "../core/issues.js";
import type { Sink } from "../core/sink.js";
import { type AccessUnit, frameOfFields } from "../h264/access-unit.js";
import { NalUnitType } from "../h264/nal-unit.js";
import { OutputOrder } from "../h264/output-order.js";
import type { Decoder } from "../live/decoder.js";
import { GivenOut } from "../live/given-out.js";
import { WholePictures } from "../live/whole-pictures.js";
import { codecOf } from "./codec-of.js";
import { type DecoderAbilities, endOfSequence, maxRequests, usualRequests } from "./decoder-probe.js";

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
  readonly abilities: DecoderAbilities;
  readonly hardwareAcceleration: HardwareAcceleration;
  /** Whether the picture is wanted at once, because none is there that is newer. */
  readonly isNewest: (unit: AccessUnit) => boolean;
  /** The browser took the decoder away, or it failed: reset, and push again from the last random access point on. */
  readonly onLost: () => void;
  /** It failed again and again, or does not decode this stream at all: another kind of decoder is needed. */
  readonly onUseless: (reason: Error) => void;
  /** `queueSize` is 0 again. */
  readonly onIdle: () => void;
  /** The picture of this access unit is not shown; why was reported as an issue. */
  readonly onHeldBack: (unit: AccessUnit) => void;
}

/** A picture that was given to the decoder, and has not been given out. */
interface Pending {
  readonly unit: AccessUnit;
  lastUnit: AccessUnit;
  mayShow: boolean;
  /** - `undefined`: the decoder has it still. `nothing`: it will give out nothing for it. */
  frame: VideoFrame | "nothing" | undefined;
}

type State =
  /** The next access unit to decode is a random access point. */
  | { readonly kind: "unconfigured" }
  | { readonly kind: "decoding"; readonly decoder: VideoDecoder; readonly codec: string }
  | { readonly kind: "closed" };

/** Failures in a row, without a picture between, after which another decoder is needed. */
const patience = 3;
/** Chunks that wait for the decoder at most: enough to keep its threads busy. */
const maxDecodeQueue = 8;
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
  readonly #order = new OutputOrder();
  readonly #whole: WholePictures;
  #state: State = { kind: "unconfigured" };
  #epoch: number | undefined;
  /** In decoding order. */
  #pending: Pending[] = [];
  /** Of those, the ones whose turn it is, in output order. */
  #turn: Pending[] = [];
  /** `queueSize` was not 0 after the last `push`. */
  #isBusy = false;
  readonly #givenOut = new GivenOut();
  #hasGivenOut = false;
  #firstField: Pending | undefined;
  /** The picture that the decoder was asked for last, and how often. */
  #asked: Pending | undefined;
  /** It was given a picture and not asked for it, so that it may have given out one by itself. */
  #mayOutputByItself = false;
  #requests = usualRequests;
  #failures = 0;
  /** What the decoder failed at: the same again is damage, not the decoder's fault. */
  #failedAt: number | undefined;

  constructor(sink: Sink<DecodedPicture>, issues: IssueReporter, options: WebCodecsDecoderOptions) {
    this.#sink = sink;
    this.#issues = issues;
    this.#options = options;
    this.#whole = new WholePictures(issues);
  }

  /** What the browser has of its own is not counted while it takes more. */
  get queueSize(): number {
    if (this.#state.kind !== "decoding") return 0;
    const tooMany = this.#state.decoder.decodeQueueSize - maxDecodeQueue;
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
    const mayShow = this.#whole.admit(unit);
    if (!unit.picture.secondField) this.#endFirstField();
    // A leading picture refers to what was before the random access point: a browser's decoder fails at it.
    const isUseless = !mayShow && !this.#whole.isRecovering;
    const decoder = isUseless ? undefined : this.#decoderFor(unit, wasWaiting);
    if (!decoder) {
      this.#options.onHeldBack(unit);
      return;
    }
    const pending = this.#expect(unit, mayShow);
    this.#send(decoder, unit);
    if (unit.picture.structure !== "frame" && pending.unit === unit) this.#firstField = pending;
    else this.#finish(pending);
    this.#isBusy = this.queueSize > 0;
  }

  /** A picture whose end was a guess is not held back: what comes of it later has it decoded again. */
  settle(): void {}

  reset(): void {
    this.#dropDecoder();
    for (const { frame } of this.#pending) if (frame instanceof VideoFrame) frame.close();
    this.#pending = [];
    this.#turn = [];
    this.#asked = undefined;
    this.#firstField = undefined;
    this.#order.restart();
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
    this.#takeTurns(this.#order.push(unit));
    this.#giveOut();
  }

  /** What was decoded so far is of no use to what comes: it is given out, and decoding starts anew. */
  #endRun(): void {
    this.#endFirstField();
    this.#takeTurns(this.#order.flush());
    this.#giveOut();
  }

  /** The decoder for this access unit; where the parameter sets are others, it is configured anew. */
  #decoderFor(unit: AccessUnit, startsAnew: boolean): VideoDecoder | undefined {
    if (startsAnew) this.#endRun();
    const state = this.#state;
    if (unit.randomAccess === undefined || unit.picture.secondField) {
      return state.kind === "decoding" ? state.decoder : undefined;
    }
    const codec = codecOf(unit.parameterSets);
    if (codec === undefined) {
      this.#issues.report("missing-parameter-set", `picture ${unit.sequence} came without a readable SPS`);
      return undefined;
    }
    if (state.kind === "decoding" && state.codec === codec) return state.decoder;
    const decoder = state.kind === "decoding" ? state.decoder : this.#open();
    decoder.configure({
      codec,
      hardwareAcceleration: this.#options.hardwareAcceleration,
      optimizeForLatency: !this.#options.abilities.givesOutOnRequest,
    });
    this.#state = { kind: "decoding", decoder, codec };
    return decoder;
  }

  #open(): VideoDecoder {
    const isMine = () => this.#state.kind === "decoding" && this.#state.decoder === decoder;
    const decoder: VideoDecoder = new VideoDecoder({
      output: (frame) => (isMine() ? this.#take(frame) : frame.close()),
      error: (error) => {
        if (isMine()) this.#fail(error);
      },
    });
    decoder.addEventListener("dequeue", () => {
      if (isMine() && this.#isStuck(decoder)) this.#fail(new DOMException("it gives out nothing any more"));
      this.#noteIdle();
    });
    return decoder;
  }

  /** It has taken in all that it was given, and owes more pictures than it can have. */
  #isStuck(decoder: VideoDecoder): boolean {
    return (
      decoder.decodeQueueSize === 0 &&
      this.#pending.filter(({ frame }) => frame === undefined).length > maxPending
    );
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
    this.#mayOutputByItself = false;
    if (decoder.state !== "closed") decoder.close();
  }

  #expect(unit: AccessUnit, mayShow: boolean): Pending {
    const first = this.#firstField;
    if (first && unit.picture.secondField) {
      first.lastUnit = unit;
      first.mayShow &&= mayShow;
      this.#firstField = undefined;
      return first;
    }
    const pending: Pending = { unit, lastUnit: unit, mayShow, frame: undefined };
    this.#pending.push(pending);
    return pending;
  }

  #send(decoder: VideoDecoder, unit: AccessUnit): void {
    const isStart = unit.randomAccess !== undefined && !unit.picture.secondField;
    if (unit.picture.idr && isStart) this.#forgetOrder(decoder);
    const data = isStart ? withParameterSets(unit) : unit.data;
    try {
      decoder.decode(
        new EncodedVideoChunk({ type: isStart ? "key" : "delta", timestamp: unit.sequence, data }),
      );
    } catch (error) {
      this.#refused(unit, error as Error);
    }
  }

  /**
   * FFmpeg remembers the order count of the last picture that it gave out by itself, across an IDR picture too, and throws away what
   * is below it: all pictures of the next groups up to that count. Flushed it forgets.
   */
  #forgetOrder(decoder: VideoDecoder): void {
    if (!this.#mayOutputByItself) return;
    this.#mayOutputByItself = false;
    // What it fails at is told by its error callback.
    void decoder.flush().catch(() => undefined);
  }

  /** A browser takes no access unit as a start whose slices do not show it, such as a recovery point of several frames. */
  #refused(unit: AccessUnit, error: Error): void {
    this.#issues.report("decode-error", `the browser refused access unit ${unit.sequence}: ${error.message}`);
    this.#whole.damaged(unit);
    this.#pending = this.#pending.filter((pending) => pending.unit !== unit);
    if (!this.#hasGivenOut && ++this.#failures >= patience) this.#beUseless(error);
  }

  #endFirstField(): void {
    const field = this.#firstField;
    this.#firstField = undefined;
    if (field) this.#finish(field);
  }

  /** All that there is of the picture was sent. */
  #finish(pending: Pending): void {
    const { unit, lastUnit } = pending;
    if (this.#state.kind !== "decoding" || !this.#pending.includes(pending)) return;
    if (this.#options.abilities.givesOutOnRequest) this.#ask(this.#state.decoder, pending);
    const frame = unit === lastUnit ? unit : frameOfFields(unit, lastUnit);
    if (this.#order.isLate(frame)) {
      pending.mayShow = false;
      this.#issues.report(
        "late-picture",
        `picture ${unit.sequence} comes before one that was already output`,
      );
    }
    this.#takeTurns(this.#order.push(frame));
    this.#giveOut();
  }

  /** Asks for the picture, if nothing newer waits; once more than for the last one if that has not come yet. */
  #ask(decoder: VideoDecoder, pending: Pending): void {
    const isMissing = this.#asked?.frame === undefined && this.#asked && this.#pending.includes(this.#asked);
    if (isMissing) this.#requests = Math.min(this.#requests + 1, maxRequests);
    this.#asked = undefined;
    if (!this.#options.isNewest(pending.unit)) {
      this.#mayOutputByItself = true;
      return;
    }
    this.#asked = pending;
    const chunk = { type: "delta", timestamp: pending.unit.sequence, data: endOfSequence } as const;
    for (let request = 0; request < this.#requests; request++) decoder.decode(new EncodedVideoChunk(chunk));
  }

  #takeTurns(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const pending = this.#pending.find(({ unit }) => unit.sequence === sequence);
      if (pending) this.#turn.push(pending);
    }
  }

  /** The browser decoded a picture. */
  #take(frame: VideoFrame): void {
    const pending = this.#pending.find(
      ({ unit, lastUnit }) => unit.sequence <= frame.timestamp && frame.timestamp <= lastUnit.sequence,
    );
    if (!pending || pending.frame !== undefined) {
      frame.close();
      return;
    }
    this.#failures = 0;
    pending.frame = frame;
    this.#giveUpBefore(pending);
    this.#giveOut();
    this.#noteIdle();
  }

  /** A browser gives out pictures in decoding order or in output order: what is before this one in both does not come. */
  #giveUpBefore(pending: Pending): void {
    const turn = this.#turn.indexOf(pending);
    const before = turn < 0 ? this.#turn : this.#turn.slice(0, turn);
    for (const other of before) {
      if (other.unit.sequence >= pending.unit.sequence || other.frame !== undefined) continue;
      this.#issues.report("decode-error", `the browser gave out nothing for picture ${other.unit.sequence}`);
      other.frame = "nothing";
    }
  }

  #giveOut(): void {
    while (this.#turn[0]?.frame !== undefined) {
      const { frame, unit, lastUnit, mayShow } = this.#turn.shift()!;
      this.#pending = this.#pending.filter((pending) => pending.unit !== unit);
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

  /**
   * The decoder is gone. Taken away by the browser it is opened again; after an error too, once for the same picture: what fails
   * twice is damaged, and decoding goes on at the next random access point.
   */
  #fail(error: DOMException): void {
    const culprit = this.#pending.find(({ frame }) => frame === undefined)?.unit;
    this.#state = { kind: "unconfigured" };
    if (error.name === "QuotaExceededError") {
      this.#options.onLost();
      return;
    }
    const isAgain = culprit !== undefined && culprit.sequence === this.#failedAt;
    // A decoder that has never worked is not excused by damage while there is another kind.
    const hasNeverWorked = !this.#hasGivenOut && this.#options.hardwareAcceleration !== "prefer-software";
    if (++this.#failures >= patience || (isAgain && hasNeverWorked)) {
      this.#beUseless(error);
      return;
    }
    const what = culprit ? `picture ${culprit.sequence}` : "the stream";
    this.#issues.report("decode-error", `the browser failed at ${what}: ${error.message}`);
    if (isAgain) {
      this.reset();
      this.#issues.report("damaged-picture", `picture ${culprit.sequence} cannot be decoded`);
      return;
    }
    this.#failedAt = culprit?.sequence;
    this.#options.onLost();
  }

  #beUseless(error: Error): void {
    const message = `the browser's decoder failed ${this.#failures} times in a row: ${error.message}`;
    this.#options.onUseless(new DecodeError("NALIVE_DECODE", message, { cause: error }));
  }
}

/** Parameter sets go behind an access unit delimiter: Chromium takes nothing as a key frame that has one in its middle. */
function withParameterSets({ parameterSets, data, nalUnits }: AccessUnit): Uint8Array<ArrayBuffer> {
  const [first] = nalUnits;
  const isDelimiter = first?.type === NalUnitType.accessUnitDelimiter;
  const at = isDelimiter ? first.offset + first.length : 0;
  const bytes = new Uint8Array(parameterSets.length + data.length);
  bytes.set(data.subarray(0, at));
  bytes.set(parameterSets, at);
  bytes.set(data.subarray(at), at + parameterSets.length);
  return bytes;
}

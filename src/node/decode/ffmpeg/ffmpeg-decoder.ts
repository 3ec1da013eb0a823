import type { IssueReporter } from "../../../core/issues.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import { OutputOrder } from "../../../h264/order/output-order.js";
import type { MutableDecoder } from "../../../live/decoding/decoder-pair.js";
import { FieldPairs } from "../../../live/decoding/field-pairs.js";
import { GivenOut } from "../../../live/decoding/given-out.js";
import { GradualRefresh } from "../../../live/decoding/gradual-refresh.js";
import { type PictureInHand, takeIntoOrder } from "../../../live/decoding/picture-in-hand.js";
import { isDispensable, WholePictures } from "../../../live/decoding/whole-pictures.js";
import type { AvFrame } from "../../ffmpeg.js";
import type { PictureSink, PreparedPicture } from "../picture-sink.js";
import { MadeUpPastDecoders } from "./made-up-past-decoders.js";
import { PromptCodec } from "./prompt-codec.js";

/** A picture as FFmpeg gives it out. */
export interface DecodedPicture {
  /** FFmpeg's frame; valid during `push` only. */
  readonly avFrame: AvFrame;
  /** The access unit that it was coded in; of a pair of fields, the first. */
  readonly unit: AccessUnit;
  /** The access unit with its last byte: `unit`, or that of the second field. */
  readonly lastUnit: AccessUnit;
}

/** Options of a `FfmpegDecoder`. */
export interface FfmpegDecoderOptions {
  /** Show damaged pictures too, for those who prefer motion. Default false. */
  readonly showDamaged?: boolean;
  /** Streams whose decoded pictures would take more memory are not decoded (`SequenceFormat.decodedBytes`). Default 1 GiB. */
  readonly maxDecodedBytes?: number;
  /** Slice threads; frame threads would cost a picture of delay each. Default 1. */
  readonly threads?: number;
  /** `OutputOrder`'s rule: `prompt` (default) for live streams, `exact` for files. */
  readonly order?: "prompt" | "exact";
  /** Shared by decoders that stand in for each other. */
  readonly givenOut?: GivenOut;
  /** Pictures since the last IDR or recovery point that a decoder before this one has seen. Default: it saw none. */
  readonly sinceMarkedStart?: number;
}

/** A picture that was decoded, or is being, and has not been given out. */
interface Pending extends PictureInHand {
  /** undefined until FFmpeg has given it out. */
  avFrame: AvFrame | undefined;
  prepared?: PreparedPicture | undefined;
}

const mebibyte = 2 ** 20;

/** Frames of two fields after which a field without its partner is half a frame: something was lost. */
const pairsForProof = 3;

/** This one and `MadeUpPastDecoders`: all of them together have to keep within the bound. */
const decodersToJudge = 3;

/**
 * FFmpeg's H.264 decoder in this thread. Each picture is asked for as soon as it is decoded, so that its damage is known
 * before anything that refers to it is shown, and is given out as soon as `OutputOrder` allows it.
 *
 * Only whole pictures are given out (`WholePictures`); damage is counted. Decoding is synchronous: `push` returns
 * when the picture is decoded, so nothing is ever queued here.
 */
export class FfmpegDecoder implements MutableDecoder {
  muted = false;
  readonly queueSize = 0;
  readonly #sink: PictureSink<DecodedPicture>;
  readonly #issues: IssueReporter;
  readonly #options: FfmpegDecoderOptions;
  readonly #order: OutputOrder;
  readonly #whole: WholePictures;
  readonly #refresh = new GradualRefresh();
  readonly #pending = new Map<number, Pending>();
  readonly #givenOut: GivenOut;
  readonly #codec: PromptCodec;
  readonly #fields = new FieldPairs<Pending>();
  #epoch: number | undefined;
  /** A picture whose end was a guess, until it is known whether the rest of it comes. */
  #unsettled: Pending | undefined;
  /** FFmpeg met an error since it was opened: see `#renew`. */
  #tainted = false;
  /** While it is being found out which pictures are whole: decoders with other pasts. */
  #others: MadeUpPastDecoders | undefined;
  /** `WholePictures.losses` when that began. */
  #lossesBefore = 0;

  constructor(sink: PictureSink<DecodedPicture>, issues: IssueReporter, options: FfmpegDecoderOptions = {}) {
    this.#sink = sink;
    this.#issues = { report: (code, detail) => void (this.muted || issues.report(code, detail)) };
    this.#options = options;
    this.#order = new OutputOrder(options.order);
    this.#whole = new WholePictures(this.#issues, (unit) => this.#isJudged(unit), options.sinceMarkedStart);
    this.#givenOut = options.givenOut ?? new GivenOut();
    const { threads, showDamaged = false } = options;
    this.#codec = new PromptCodec({ threads, concealDamage: showDamaged }, (sequence, avFrame) =>
      this.#take(sequence, avFrame),
    );
  }

  /** @throws DecodeError when FFmpeg has no H.264 decoder or cannot open it */
  push(unit: AccessUnit): void {
    if (unit.epoch !== this.#epoch) {
      if (this.#epoch !== undefined) this.flush();
      this.#epoch = unit.epoch;
      this.#fields.restart();
    }
    this.#endDoubt();
    if (unit.format.decodedBytes > this.#maxDecodedBytes) {
      this.#refuse(unit);
      return;
    }
    if (unit.leaveOut === "picture") {
      this.#passOver(unit);
      return;
    }
    // That its partner is missing is known before the next picture, which may refer to it, is looked at.
    if (!unit.picture.secondField) {
      this.#endFirstField();
      this.#endDoubt();
    }
    const wasWaiting = this.#whole.isWaiting;
    const mayShow = this.#whole.admit(unit) || this.#options.showDamaged === true;
    const isJudged = this.#whole.isWaiting && !unit.broken && this.#isJudged(unit);
    const isSkipped = this.#whole.isWaiting && !isJudged && !this.#options.showDamaged;
    const startsAnew = unit.picture.idr || (wasWaiting && !this.#whole.isWaiting);
    if (isSkipped || (startsAnew && (this.#tainted || this.#others))) {
      this.#refresh.stop();
      this.#endRun();
    }
    if (isSkipped) return;
    if (unit.broken && isDispensable(unit) && !this.#options.showDamaged) return;
    if (isJudged) this.#startRound(unit);

    const pending = this.#fields.join(unit, mayShow) ?? this.#expect(unit, mayShow);
    this.#send(unit);
    this.#others?.decode(unit);
    if (!this.#fields.hold(pending)) this.#finish(pending);
  }

  settle(): void {
    // A damaged one goes on waiting: what is missing may still come.
    if (this.#unsettled && !isDamaged(this.#unsettled)) this.#endDoubt();
  }

  reset(): void {
    this.#refresh.stop();
    this.#renew();
    this.#fields.release();
    this.#unsettled = undefined;
    for (const { avFrame, prepared } of this.#pending.values()) {
      prepared?.discard();
      if (avFrame) this.#codec.recycle(avFrame);
    }
    this.#pending.clear();
    this.#order.restart();
    this.#whole.reset();
  }

  flush(): void {
    this.#endDoubt();
    this.#endFirstField();
    this.#endDoubt();
    for (const sequence of this.#order.flush()) this.#giveOut(sequence);
    this.reset();
  }

  close(reason?: Error): void {
    this.flush();
    this.#codec.close();
    if (!this.muted) this.#sink.close(reason);
  }

  /** Nothing of the stream before it may be mixed with what comes after it. */
  #refuse({ format }: AccessUnit): void {
    this.#issues.report(
      "pictures-too-large",
      `pictures of ${format.width}x${format.height} take up to ${Math.ceil(format.decodedBytes / mebibyte)} MiB with ` +
        `all that they refer to, expected at most ${this.#maxDecodedBytes / mebibyte}: not decoded`,
    );
    this.#endRun();
    this.#whole.reset();
  }

  /** Nothing waits for a picture that is left out: in output order it comes as one that is not shown. */
  #passOver(unit: AccessUnit): void {
    if (unit.picture.secondField) return;
    this.#endFirstField();
    this.#endDoubt();
    if (!this.#codec.isOpen) return;
    for (const sequence of this.#order.push(unit)) this.#giveOut(sequence);
  }

  /** What was decoded so far is of no use to what comes: it is given out, and the decoder forgets it. */
  #endRun(): void {
    if (!this.#codec.isOpen) return;
    this.#endFirstField();
    this.#endDoubt();
    for (const sequence of this.#order.flush()) this.#giveOut(sequence);
    this.#renew();
  }

  #renew(): void {
    this.#codec.renew();
    this.#closeOthers();
    this.#tainted = false;
  }

  #isJudged(unit: AccessUnit): boolean {
    const bytes = unit.format.decodedBytes * decodersToJudge;
    return !this.#options.showDamaged && bytes <= this.#maxDecodedBytes && this.#refresh.canFollow(unit);
  }

  get #maxDecodedBytes(): number {
    return this.#options.maxDecodedBytes ?? 1024 * mebibyte;
  }

  /** Gives the decoders their pasts, where a round of `GradualRefresh` starts. */
  #startRound(unit: AccessUnit): void {
    if (this.#lossesBefore !== this.#whole.losses) this.#refresh.stop();
    this.#lossesBefore = this.#whole.losses;
    if (!this.#refresh.canFollow(unit)) {
      this.#closeOthers();
      return;
    }
    const preparation = this.#refresh.prepare(unit);
    if (preparation.start === "none") return;
    if (preparation.start === "all") {
      this.#endRun();
      for (const data of preparation.own) this.#codec.decodeMadeUp(data);
    }
    this.#closeOthers();
    this.#others = new MadeUpPastDecoders(preparation.others);
  }

  #judge({ unit, avFrame }: Pending): boolean {
    const alike = avFrame !== undefined && avFrame.decodeErrorFlags === 0 && this.#others!.isAlike(avFrame);
    const isWhole = this.#refresh.judge(unit, alike);
    const { isOver } = this.#refresh;
    this.#whole.judged(unit, isWhole, isOver);
    if (isOver) {
      this.#refresh.stop();
      this.#closeOthers();
    }
    return isWhole;
  }

  #closeOthers(): void {
    this.#others?.close();
    this.#others = undefined;
  }

  #expect(unit: AccessUnit, mayShow: boolean): Pending {
    const pending = { unit, lastUnit: unit, mayShow, avFrame: undefined };
    this.#pending.set(unit.sequence, pending);
    return pending;
  }

  #send(unit: AccessUnit): void {
    const result = this.#codec.send(unit, unit.leaveOut !== undefined && !this.#others);
    if (result >= 0) return;
    this.#tainted = true;
    this.#issues.report("decode-error", `FFmpeg refused access unit ${unit.sequence} (error ${result})`);
    this.#noteDamage(unit);
  }

  /** A field whose partner did not come is a picture of its own, which the standard allows (3.30), unless all came in pairs before. */
  #endFirstField(): void {
    const field = this.#fields.release();
    if (!field) return;
    if (this.#fields.count >= pairsForProof) {
      const { sequence } = field.unit;
      this.#issues.report("damaged-picture", `picture ${sequence} is half a frame: its other field is lost`);
      this.#noteDamage(field.unit);
    }
    this.#finish(field);
  }

  /** All that there is of the picture was sent. */
  #finish(pending: Pending): void {
    this.#codec.ask();
    if (this.#others) pending.mayShow = this.#judge(pending);
    this.#tainted ||= isDamaged(pending);
    const { endedBy } = pending.lastUnit;
    if (endedBy === "silence" || endedBy === "transport") this.#unsettled = pending;
    else this.#settle(pending);
  }

  /** FFmpeg gives out a picture. @returns false when nobody waits for it */
  #take(sequence: number, avFrame: AvFrame): boolean {
    const pending = this.#pending.get(sequence);
    if (!pending || pending.avFrame) return false;
    pending.avFrame = avFrame;
    return true;
  }

  /** The picture whose end was a guess was not corrected by a reset and a replay: it is what it is. */
  #endDoubt(): void {
    const unsettled = this.#unsettled;
    this.#unsettled = undefined;
    if (unsettled) this.#settle(unsettled);
  }

  #settle(pending: Pending): void {
    if (isDamaged(pending)) this.#reportDamage(pending);
    this.#orderPicture(pending);
  }

  #reportDamage(pending: Pending): void {
    const { unit } = pending;
    this.#issues.report("damaged-picture", `picture ${unit.sequence} has errors or missing macroblocks`);
    this.#noteDamage(unit);
  }

  /** What is decoded after a damaged picture may have copied from it. */
  #noteDamage(unit: AccessUnit): void {
    this.#whole.damaged(unit);
    const pending = this.#pending.get(unit.sequence);
    if (pending && !this.#options.showDamaged) pending.mayShow = false;
  }

  #orderPicture(pending: Pending): void {
    for (const sequence of takeIntoOrder(pending, this.#order, this.#issues)) this.#giveOut(sequence);
    this.#prepare(pending);
  }

  /** Nobody waits for this picture yet, so this is the time to do what would else delay it, and the one after it. */
  #prepare(pending: Pending): void {
    const { unit, lastUnit, avFrame, mayShow } = pending;
    if (!this.#pending.has(unit.sequence) || !avFrame || !mayShow || this.muted) return;
    pending.prepared = this.#sink.prepare?.({ avFrame, unit, lastUnit });
  }

  #giveOut(sequence: number): void {
    const pending = this.#pending.get(sequence);
    if (!pending) return;
    this.#pending.delete(sequence);
    const { avFrame, unit, lastUnit, mayShow, prepared } = pending;
    if (!avFrame) return;
    if (!mayShow || this.muted || !this.#givenOut.add(sequence)) prepared?.discard();
    else if (!prepared?.giveOut()) this.#sink.push({ avFrame, unit, lastUnit });
    this.#codec.recycle(avFrame);
  }
}

function isDamaged({ avFrame }: Pending): boolean {
  return avFrame !== undefined && avFrame.decodeErrorFlags !== 0;
}

import { DecodeError } from "../../core/errors.js";
import type { IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { OutputOrder } from "../../h264/output-order.js";
import type { Decoder } from "../../live/decoder.js";
import { WholePictures } from "../../live/whole-pictures.js";
import {
  AV_CODEC_FLAG_OUTPUT_CORRUPT,
  AV_CODEC_FLAG_UNALIGNED,
  AV_CODEC_ID_H264,
  AV_LOG_QUIET,
  AvFrame,
  Codec,
  CodecContext,
  Log,
  Packet,
} from "../ffmpeg.js";

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
  /** Slice threads; frame threads would cost a picture of delay each. Default 1. */
  readonly threads?: number;
  /** `OutputOrder`'s rule: `prompt` (default) for live streams, `exact` for files. */
  readonly order?: "prompt" | "exact";
}

/** An access unit whose picture has not been given out. */
interface Pending {
  readonly unit: AccessUnit;
  lastUnit: AccessUnit;
  mayShow: boolean;
}

/**
 * An end-of-sequence NAL unit alone in a packet makes FFmpeg's decoder give out the waiting picture with the lowest
 * picture order count, and keep its references.
 */
const endOfSequence = Buffer.from([0, 0, 1, 0x0a]);

/** More than a full DPB and the current picture: FFmpeg gives out none by itself, which would disturb its own order. */
const neverUnasked = 17;

/** Sequence numbers remembered as given out, for replays after a reset. */
const rememberedPictures = 16_384;

/**
 * FFmpeg's H.264 decoder in this thread, made to give out each picture as soon as `OutputOrder` allows it.
 *
 * Only whole pictures are given out (`WholePictures`); damage is counted. Decoding is synchronous: `push` returns
 * when the picture is decoded, so nothing is ever queued here.
 */
export class FfmpegDecoder implements Decoder {
  readonly queueSize = 0;
  readonly #sink: Sink<DecodedPicture>;
  readonly #issues: IssueReporter;
  readonly #options: FfmpegDecoderOptions;
  readonly #order: OutputOrder;
  readonly #whole: WholePictures;
  readonly #pending = new Map<number, Pending>();
  readonly #givenOut = new Set<number>();
  readonly #packet = new Packet();
  readonly #avFrame = new AvFrame();
  #context: CodecContext | undefined;
  #needsParameterSets = true;
  #epoch: number | undefined;
  /** A first field that was decoded, until it is known whether its second comes. */
  #firstField: AccessUnit | undefined;
  /** A damaged picture whose end was a guess: not damaged after all if the rest of it comes. */
  #doubtful: Pending | undefined;
  /** Pictures that come after the doubtful one in output order: they wait for what becomes of it. */
  #heldByDoubt: number[] = [];
  /** FFmpeg met an error since it was opened: see `#renew`. */
  #tainted = false;

  constructor(sink: Sink<DecodedPicture>, issues: IssueReporter, options: FfmpegDecoderOptions = {}) {
    this.#sink = sink;
    this.#issues = issues;
    this.#options = options;
    this.#order = new OutputOrder(options.order);
    this.#whole = new WholePictures(issues);
    this.#packet.alloc();
    this.#avFrame.alloc();
  }

  /** @throws DecodeError when FFmpeg has no H.264 decoder or cannot open it */
  push(unit: AccessUnit): void {
    if (this.#epoch !== undefined && unit.epoch !== this.#epoch) this.flush();
    this.#epoch = unit.epoch;
    this.#settleDoubt();
    const mayShow = this.#whole.admit(unit) || this.#options.showDamaged === true;
    if (this.#whole.isWaiting && !this.#options.showDamaged) {
      this.#endFirstField();
      this.#restartBeforeNext();
      return;
    }
    if (!unit.picture.secondField) this.#endFirstField();
    if (this.#tainted && unit.randomAccess !== undefined && !unit.picture.secondField)
      this.#restartBeforeNext();
    const context = (this.#context ??= this.#open());
    this.#expect(unit, mayShow);
    this.#send(context, unit);
    this.#takeUnasked(context);
    this.#giveOutInOrder(unit);
  }

  reset(): void {
    this.#renew();
    this.#doubtful = undefined;
    this.#heldByDoubt = [];
    this.#firstField = undefined;
    this.#pending.clear();
    this.#order.restart();
    this.#whole.reset();
  }

  flush(): void {
    this.#settleDoubt();
    this.#endFirstField();
    for (const sequence of this.#order.flush()) this.#giveOut(sequence);
    this.reset();
  }

  close(reason?: Error): void {
    this.flush();
    this.#packet.free();
    this.#avFrame.free();
    this.#context?.freeContext();
    this.#context = undefined;
    this.#sink.close(reason);
  }

  #open(): CodecContext {
    Log.setLevel(AV_LOG_QUIET);
    const codec = Codec.findDecoder(AV_CODEC_ID_H264);
    if (!codec) throw new DecodeError("NALIVE_DECODE", "this build of FFmpeg has no H.264 decoder");
    const context = new CodecContext();
    context.allocContext3(codec);
    context.threadCount = this.#options.threads ?? 1;
    context.setFlags(AV_CODEC_FLAG_OUTPUT_CORRUPT, AV_CODEC_FLAG_UNALIGNED);
    context.setOption("thread_type", "slice");
    context.setOption("has_b_frames", neverUnasked);
    const result = context.open2Sync(codec);
    if (result < 0) throw new DecodeError("NALIVE_DECODE", `FFmpeg's H.264 decoder did not open (${result})`);
    return context;
  }

  /** Skipped pictures leave references behind that nothing to come may use. */
  #restartBeforeNext(): void {
    if (this.#needsParameterSets) return;
    for (const sequence of this.#order.flush()) this.#giveOut(sequence);
    this.#settleDoubt();
    this.#renew();
  }

  /**
   * A decoder of its own for what follows. Flushing FFmpeg's is not enough: it keeps the coefficients of a CAVLC
   * macroblock that it could not read to the end, and adds them to a macroblock of a later picture, without a word.
   */
  #renew(): void {
    this.#context?.freeContext();
    this.#context = undefined;
    this.#needsParameterSets = true;
    this.#tainted = false;
  }

  #expect(unit: AccessUnit, mayShow: boolean): void {
    const first =
      unit.picture.secondField && this.#firstField && this.#pending.get(this.#firstField.sequence);
    if (first) {
      first.lastUnit = unit;
      first.mayShow &&= mayShow;
    } else {
      this.#pending.set(unit.sequence, { unit, lastUnit: unit, mayShow });
    }
  }

  #send(context: CodecContext, unit: AccessUnit): void {
    this.#packet.data = this.#packetData(unit);
    this.#packet.pts = BigInt(unit.sequence);
    const result = context.sendPacketSync(this.#packet);
    if (result >= 0) return;
    this.#tainted = true;
    this.#issues.report("decode-error", `FFmpeg refused access unit ${unit.sequence} (error ${result})`);
    this.#noteDamage(unit);
  }

  #packetData(unit: AccessUnit): Buffer {
    const { data, parameterSets } = unit;
    if (!this.#needsParameterSets) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#needsParameterSets = false;
    return Buffer.concat([parameterSets, data]);
  }

  /** FFmpeg gives out a picture unasked when more than a full DPB wait. */
  #takeUnasked(context: CodecContext): void {
    while (context.receiveFrameSync(this.#avFrame) >= 0) {
      this.#order.forget(Number(this.#avFrame.pts));
      this.#passOn();
    }
  }

  #giveOutInOrder(unit: AccessUnit): void {
    const { picture } = unit;
    if (picture.structure !== "frame" && !picture.secondField) {
      this.#firstField = unit;
      return;
    }
    const first = this.#firstField;
    this.#firstField = undefined;
    this.#orderPicture(first ? frameOfFields(first, unit) : unit);
  }

  /** A first field whose second did not come is a picture of its own. */
  #endFirstField(): void {
    const field = this.#firstField;
    this.#firstField = undefined;
    if (field) this.#orderPicture(field);
  }

  #orderPicture(unit: AccessUnit): void {
    if (this.#order.isLate(unit)) {
      this.#issues.report(
        "late-picture",
        `picture ${unit.sequence} comes before one that was already output`,
      );
      const late = this.#pending.get(unit.sequence);
      if (late) late.mayShow = false;
    }
    for (const sequence of this.#order.push(unit)) {
      if (this.#doubtful) this.#heldByDoubt.push(sequence);
      else this.#giveOut(sequence);
    }
  }

  #giveOut(sequence: number): void {
    const context = this.#context;
    if (!context || !this.#pending.has(sequence)) return;
    this.#packet.data = endOfSequence;
    context.sendPacketSync(this.#packet);
    if (context.receiveFrameSync(this.#avFrame) < 0) {
      this.#pending.delete(sequence);
      return;
    }
    this.#order.forget(Number(this.#avFrame.pts));
    this.#passOn();
  }

  #passOn(): void {
    const avFrame = this.#avFrame;
    const sequence = Number(avFrame.pts);
    const entry = this.#pending.get(sequence);
    this.#pending.delete(sequence);
    if (entry && !this.#givenOut.has(sequence)) {
      if (avFrame.decodeErrorFlags !== 0) this.#onDamage(entry);
      if (entry.mayShow) {
        this.#remember(sequence);
        this.#sink.push({ avFrame, unit: entry.unit, lastUnit: entry.lastUnit });
      }
    }
    avFrame.unref();
  }

  #onDamage(entry: Pending): void {
    this.#tainted = true;
    entry.mayShow = this.#options.showDamaged === true;
    const { endedBy } = entry.lastUnit;
    if (endedBy === "silence" || endedBy === "transport") this.#doubtful = entry;
    else this.#reportDamage(entry);
  }

  /** The doubtful picture was not corrected by a reset and a replay: it is damaged. */
  #settleDoubt(): void {
    const doubtful = this.#doubtful;
    if (!doubtful) return;
    this.#doubtful = undefined;
    this.#reportDamage(doubtful);
    for (const sequence of this.#heldByDoubt.splice(0)) this.#giveOut(sequence);
  }

  #reportDamage({ unit }: Pending): void {
    this.#issues.report("damaged-picture", `picture ${unit.sequence} has errors or missing macroblocks`);
    this.#noteDamage(unit);
  }

  /** What was decoded after a damaged reference may have copied from it. */
  #noteDamage(unit: AccessUnit): void {
    this.#whole.damaged(unit);
    if (this.#options.showDamaged) return;
    for (const entry of this.#pending.values()) {
      if (entry.unit.sequence >= unit.sequence) entry.mayShow = false;
    }
  }

  #remember(sequence: number): void {
    this.#givenOut.add(sequence);
    if (this.#givenOut.size <= rememberedPictures) return;
    for (const oldest of this.#givenOut) {
      this.#givenOut.delete(oldest);
      break;
    }
  }
}

/** The frame of two fields takes the lower picture order count (8.2.1). */
function frameOfFields(first: AccessUnit, second: AccessUnit): AccessUnit {
  const pictureOrderCount = Math.min(first.picture.pictureOrderCount, second.picture.pictureOrderCount);
  const startsOrder = first.picture.startsOrder || second.picture.startsOrder;
  return { ...first, picture: { ...first.picture, pictureOrderCount, startsOrder } };
}

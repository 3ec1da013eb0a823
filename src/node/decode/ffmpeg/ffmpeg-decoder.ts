import type { IssueReporter } from "../../../core/issues.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import type { MutableDecoder } from "../../../live/decoding/decoder-pair.js";
import type { LineDecoder } from "../../../live/decoding/pictures/line-decoder.js";
import { PictureLine, type PictureLineOptions } from "../../../live/decoding/pictures/picture-line.js";
import type { DecodedPicture, PictureSink } from "../../../live/decoding/pictures/picture-sink.js";
import type { AvFrame } from "../../ffmpeg.js";
import { MadeUpPastJudge } from "./made-up-past-judge.js";
import { PromptCodec } from "./prompt-codec.js";

/** A picture with FFmpeg's frame, which is valid during `push` only. */
export type FfmpegPicture = DecodedPicture<AvFrame>;

/** Options of a `FfmpegDecoder`. */
export interface FfmpegDecoderOptions
  extends Pick<PictureLineOptions<AvFrame>, "order" | "outputHistory" | "sinceMarkedStart"> {
  /** Show damaged pictures too, for viewers who prefer motion. Default false. */
  readonly showDamaged?: boolean;
  /**
   * Streams whose decoded pictures would take more memory are not decoded
   * (`SequenceFormat.decodedBytes`). Default 1 GiB.
   */
  readonly maxDecodedBytes?: number;
  /** Slice threads; frame threads would cost a picture of delay each. Default 1. */
  readonly threads?: number;
}

const mebibyte = 2 ** 20;

/**
 * FFmpeg's H.264 decoder in this thread, asked for each picture as soon as it is sent, so that its
 * damage is known before anything that refers to it is shown. `PictureLine` decides what is given
 * out, and when.
 *
 * Decoding is synchronous: `push` returns when the picture is decoded, so nothing is ever queued
 * here.
 */
export class FfmpegDecoder implements MutableDecoder {
  readonly queueSize = 0;
  readonly #sink: PictureSink<FfmpegPicture>;
  readonly #issues: IssueReporter;
  readonly #maxDecodedBytes: number;
  readonly #codec: PromptCodec;
  readonly #judge: MadeUpPastJudge | undefined;
  readonly #line: PictureLine<AvFrame>;

  constructor(sink: PictureSink<FfmpegPicture>, issues: IssueReporter, options: FfmpegDecoderOptions = {}) {
    this.#sink = sink;
    this.#issues = issues;
    const { threads, showDamaged = false, maxDecodedBytes = 1024 * mebibyte } = options;
    this.#maxDecodedBytes = maxDecodedBytes;
    this.#codec = new PromptCodec({ threads, concealDamage: showDamaged }, (sequence, avFrame) =>
      this.#line.decoded(sequence, avFrame, avFrame.decodeErrorFlags !== 0),
    );
    this.#judge = showDamaged ? undefined : new MadeUpPastJudge(this.#codec, maxDecodedBytes);
    this.#line = new PictureLine(this.#lineDecoder, sink, issues, { ...options, judge: this.#judge });
  }

  get muted(): boolean {
    return this.#line.muted;
  }

  set muted(muted: boolean) {
    this.#line.muted = muted;
  }

  /** @throws DecodeError when FFmpeg has no H.264 decoder or cannot open it */
  push(unit: AccessUnit): void {
    if (unit.format.decodedBytes > this.#maxDecodedBytes) this.#refuseFormat(unit);
    else this.#line.push(unit);
  }

  confirmEnd(): void {
    this.#line.confirmEnd();
  }

  reset(): void {
    this.#line.reset();
  }

  flush(): void {
    this.#line.flush();
  }

  close(reason?: Error): void {
    this.#line.flush();
    this.#codec.close();
    if (!this.muted) this.#sink.close(reason);
  }

  get #lineDecoder(): LineDecoder<AvFrame> {
    return {
      send: (unit) => this.#send(unit),
      ask: () => {
        this.#codec.ask();
        return true;
      },
      renew: () => this.#codec.renew(),
      release: (avFrame) => this.#codec.recycle(avFrame),
    };
  }

  #send(unit: AccessUnit): "sent" | "refused" {
    const result = this.#codec.send(unit, unit.leaveOut !== undefined && !this.#judge?.isJudging);
    this.#judge?.send(unit);
    if (result >= 0) return "sent";
    this.#report("decode-error", `FFmpeg refused access unit ${unit.sequence} (error ${result})`);
    return "refused";
  }

  /** Nothing of the stream before it may be mixed with what comes after it. */
  #refuseFormat({ format }: AccessUnit): void {
    this.#report(
      "pictures-too-large",
      `pictures of ${format.width}x${format.height} take up to ${Math.ceil(format.decodedBytes / mebibyte)} MiB with ` +
        `all that they refer to, expected at most ${this.#maxDecodedBytes / mebibyte}: not decoded`,
    );
    this.#line.flush();
  }

  #report(...issue: Parameters<IssueReporter["report"]>): void {
    if (!this.muted) this.#issues.report(...issue);
  }
}

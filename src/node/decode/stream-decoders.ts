import type { FrameFormat } from "../../core/frame.js";
import type { IssueReporter } from "../../core/issues.js";
import type { DecoderListener } from "../../live/decoding/decoder.js";
import type { MutableDecoder } from "../../live/decoding/decoder-pair.js";
import type { PictureSink } from "../../live/decoding/pictures/picture-sink.js";
import type { FfmpegDecoderOptions } from "./ffmpeg/ffmpeg-decoder.js";
import type { OutputPicture } from "./output-picture.js";

/** What the decoders of one stream have in common. */
export interface DecoderSettings {
  readonly format: FrameFormat;
  readonly options: Omit<FfmpegDecoderOptions, "outputHistory" | "sinceMarkedStart">;
}

/** A process that decodes one stream. */
export interface DecodingProcessStatistics {
  /** Its number in the system; undefined while there is none. */
  readonly pid: number | undefined;
  /** How many before it died. */
  readonly deaths: number;
}

/** The decoders of one stream, wherever they work. They give out to the same sink, and know what the others gave out. */
export interface StreamDecoders {
  make(): MutableDecoder;
  /** The process in which they work; undefined when it is this one. */
  process?(): DecodingProcessStatistics;
}

/** Makes what makes a stream's decoders. */
export type StreamDecodersFactory = (
  sink: PictureSink<OutputPicture>,
  issues: IssueReporter,
  listener: DecoderListener,
  settings: DecoderSettings,
) => StreamDecoders;

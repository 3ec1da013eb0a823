import type { FrameFormat } from "../../core/frame.js";
import type { IssueReporter } from "../../core/issues.js";
import type { DecoderListener } from "../../live/decoding/decoder.js";
import type { MutableDecoder } from "../../live/decoding/decoder-pair.js";
import type { PictureSink } from "../../live/decoding/pictures/picture-sink.js";
import type { FfmpegDecoderOptions } from "./ffmpeg/ffmpeg-decoder.js";
import type { OutputPicture } from "./output-picture.js";

/** Settings that all decoders of a stream share. */
export interface DecoderSettings {
  readonly format: FrameFormat;
  readonly options: Omit<FfmpegDecoderOptions, "outputHistory" | "sinceMarkedStart">;
}

/** Figures of the process that decodes a stream. */
export interface DecodingProcessStatistics {
  /** Its process id; undefined while there is no process. */
  readonly pid: number | undefined;
  /** How many processes before it died. */
  readonly deaths: number;
}

/**
 * The decoders of one stream, wherever they work. They output to the same sink and share their
 * `OutputHistory`.
 */
export interface StreamDecoders {
  make(): MutableDecoder;
  /** Figures of the process in which they work; undefined when it is this one. */
  process?(): DecodingProcessStatistics;
}

/** Sets up decoding for a stream. */
export type StreamDecodersFactory = (
  sink: PictureSink<OutputPicture>,
  issues: IssueReporter,
  listener: DecoderListener,
  settings: DecoderSettings,
) => StreamDecoders;

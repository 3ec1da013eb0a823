import type { IssueReporter } from "../../core/issues.js";
import type { DecoderListener } from "../../live/decoder.js";
import type { MutableDecoder } from "../../live/decoder-pair.js";
import type { DecoderStart } from "./decoder-messages.js";
import type { OutputPicture } from "./output-picture.js";
import type { PictureSink } from "./picture-sink.js";

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
  settings: Pick<DecoderStart, "format" | "options">,
) => StreamDecoders;

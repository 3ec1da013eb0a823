import { OutputHistory } from "../../live/decoding/pictures/output-history.js";
import type { StreamDecodersFactory } from "./stream-decoders.js";

/**
 * Decoders in this thread or in a child process. Loads only what is needed: with `process`, FFmpeg
 * stays out of this process.
 */
export async function loadStreamDecoders(isolation: "thread" | "process"): Promise<StreamDecodersFactory> {
  if (isolation === "process") {
    const { DecodingProcess } = await import("./isolated/decoding-process.js");
    return (sink, issues, listener, settings) => new DecodingProcess(sink, issues, listener, settings);
  }
  const { FfmpegDecoder } = await import("./ffmpeg/ffmpeg-decoder.js");
  const { PictureConverter } = await import("./output-picture.js");
  return (sink, issues, _listener, { format, options }) => {
    const converter = new PictureConverter(format, sink);
    const outputHistory = new OutputHistory();
    return { make: () => new FfmpegDecoder(converter, issues, { ...options, outputHistory }) };
  };
}

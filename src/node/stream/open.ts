import { LiveDecoder } from "./live-decoder.js";
import type { StreamOptions } from "./stream-options.js";
import { type StreamEvents, VideoStream } from "./video-stream.js";

/** Bytes that a program already has a stream of: a Node stream, a web stream, a generator. */
export type ByteStream = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Opens a live raw H.264 source and gives its frames.
 *
 * ```ts
 * for await (const frame of open("tcp://0.0.0.0:5000?listen")) {
 *   console.log(frame.width, frame.height, frame.data); // BGR24
 * }
 * ```
 *
 * @param source a source URL (`tcp://`, `udp://`, `ws://`, `unix:`, `exec:`, `test:`, `-`, a file path, and what FFmpeg
 *   opens), or a stream of bytes, which is read to its end
 * @throws NaliveError at once for wrong options; a source that cannot be opened makes the iteration throw
 */
export function open(
  source: string | URL | ByteStream,
  options: StreamOptions & StreamEvents = {},
): VideoStream {
  if (typeof source === "string" || source instanceof URL) return new VideoStream(String(source), options);
  const decoder = new LiveDecoder({ delivery: "every", ...options });
  void feed(decoder, source);
  return decoder[Symbol.asyncIterator]() as VideoStream;
}

async function feed(decoder: LiveDecoder, source: ByteStream): Promise<void> {
  for await (const bytes of source) {
    if (!decoder.write(bytes)) await decoder.drained();
  }
  decoder.end();
}

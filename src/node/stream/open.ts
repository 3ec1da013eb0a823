import { Readable } from "node:stream";
import { ReadableStream, type ReadableStreamDefaultReader } from "node:stream/web";
import { NaliveError, TransportError } from "../../core/errors.js";
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
  const input = byteInput(source);
  const decoder = new LiveDecoder({ delivery: "every", ...options });
  void feed(decoder, input);
  return decoder.frames;
}

/** A stream of bytes that can be given up while one waits for its next ones. */
interface ByteInput {
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  giveUp(): void;
}

async function feed(decoder: LiveDecoder, { chunks, giveUp }: ByteInput): Promise<void> {
  let isWanted = true;
  void decoder.frames.ended.then(() => {
    isWanted = false;
    giveUp();
  });
  try {
    for await (const bytes of chunks) {
      if (!isWanted) return;
      if (!decoder.write(bytes)) await decoder.drained();
    }
    decoder.end();
  } catch (error) {
    decoder.frames.host.end(asNaliveError(error));
  }
}

function byteInput(source: ByteStream): ByteInput {
  // The iterators of Node's and of web streams give up only after the bytes for which they wait have come.
  if (source instanceof Readable) return { chunks: source, giveUp: () => source.destroy() };
  if (source instanceof ReadableStream) {
    const reader: ReadableStreamDefaultReader<Uint8Array> = source.getReader();
    return { chunks: chunksOf(reader), giveUp: () => void reader.cancel().catch(() => undefined) };
  }
  if (typeof source === "object" && source && (Symbol.asyncIterator in source || Symbol.iterator in source)) {
    return { chunks: source, giveUp: () => undefined };
  }
  throw new NaliveError(
    "NALIVE_INVALID_ARGUMENT",
    `open was given ${typeof source}, expected a source URL or a stream of bytes`,
  );
}

async function* chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

function asNaliveError(error: unknown): NaliveError {
  if (error instanceof NaliveError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TransportError("NALIVE_READ_FAILED", `the stream of bytes failed: ${message}`, { cause: error });
}

import { Readable } from "node:stream";
import { ReadableStream, type ReadableStreamDefaultReader } from "node:stream/web";
import { NaliveError, TransportError } from "../../core/errors.js";
import { ByteWriter } from "./byte-writer.js";
import { EngineStream } from "./engine-stream.js";
import { defaultDelivery, type StreamOptions } from "./stream-options.js";
import type { VideoStream } from "./video-stream.js";

/**
 * Bytes that a program already has a stream of: a Node stream, a web stream, a generator, an array
 * of pieces.
 */
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
 * @param source a source URL (`tcp://`, `udp://`, `ws://`, `unix:`, `exec:`, `test:`, `-`, a file
 *   path, and what FFmpeg opens), or a stream of bytes, which is read to its end; ending the frames
 *   early destroys or cancels it
 * @returns the stream, already opening; leave its loop or close it
 * @throws NaliveError `NALIVE_INVALID_ARGUMENT` at once for wrong options; when the source cannot
 *   be opened, the iteration throws
 */
export function open(source: string | URL | ByteStream, options: StreamOptions = {}): VideoStream {
  if (typeof source === "string" || source instanceof URL) {
    return new EngineStream({ url: String(source), options });
  }
  const input = byteInput(source);
  let isWanted = true;
  const writer = new ByteWriter({ ...options, delivery: options.delivery ?? defaultDelivery.bytes }, () => {
    isWanted = false;
    input.giveUp();
  });
  void feed(writer, input.chunks, () => isWanted);
  return writer.frames;
}

/** A stream of bytes that can be given up, also while its next bytes are awaited. */
interface ByteInput {
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  giveUp(): void;
}

async function feed(writer: ByteWriter, chunks: ByteInput["chunks"], isWanted: () => boolean): Promise<void> {
  try {
    for await (const bytes of chunks) {
      if (!isWanted()) return;
      if (!writer.write(bytes, false)) await writer.drained();
    }
    writer.end();
  } catch (error) {
    writer.end(asNaliveError(error));
  }
}

function byteInput(source: ByteStream): ByteInput {
  // Node's and web streams' iterators give up only once the awaited bytes have come.
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
    `open() was given ${typeof source}, expected a source URL or a stream of bytes`,
  );
}

async function* chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

function asNaliveError(error: unknown): NaliveError {
  if (error instanceof NaliveError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TransportError("NALIVE_READ_FAILED", `The stream of bytes failed: ${message}`, { cause: error });
}

import { Duplex } from "node:stream";
import { ReadableStream, WritableStream } from "node:stream/web";
import type { Frame } from "../../core/frame.js";
import { ByteWriter } from "./byte-writer.js";
import type { StreamOptions } from "./stream-options.js";
import type { StreamStatistics } from "./stream-statistics.js";

/** Options of a `LiveDecoder`: those of `open`, without the ones that need a source. */
export interface LiveDecoderOptions extends Omit<StreamOptions, "reconnect" | "live" | "loop"> {}

/**
 * Decodes bytes that your program receives itself: write them as they arrive, cut anywhere, and
 * iterate over the frames.
 *
 * ```ts
 * await using decoder = new LiveDecoder({ format: "rgb24" });
 * socket.on("message", (bytes) => decoder.writeMessage(bytes));
 * socket.on("close", () => decoder.end());
 * for await (const frame of decoder) show(frame);
 * ```
 *
 * Frames come by iteration, through {@link toNodeStream} or through {@link toWebStream}: choose
 * one. Its own thread decodes until `close()`, the end of the iteration, `await using` or
 * `StreamOptions.signal` ends it.
 */
export class LiveDecoder implements AsyncIterable<Frame>, AsyncDisposable {
  readonly #writer: ByteWriter;

  /** @throws NaliveError `NALIVE_INVALID_ARGUMENT` for wrong options */
  constructor(options: LiveDecoderOptions = {}) {
    this.#writer = new ByteWriter(options);
  }

  /**
   * Takes bytes of an unframed transport (TCP, a pipe), cut anywhere, and copies them. Bytes
   * written after the frames' loop was left, or after the signal was aborted, are thrown away.
   * @returns false when more than 4 MiB wait: `await drained()` before you write more, or write on
   *   and let the decoder drop
   * @throws NaliveError `NALIVE_INVALID_ARGUMENT` for anything but bytes, and after `end()` or
   *   `close()`
   */
  write(bytes: Uint8Array): boolean {
    return this.#writer.write(bytes, false);
  }

  /**
   * Takes one whole message of a framed transport, in any of the forms that `ws` has, and copies
   * it. nalive learns whether messages match pictures and never assumes it.
   * @returns as `write`
   * @throws as `write`
   */
  writeMessage(message: Uint8Array | ArrayBuffer | readonly Uint8Array[]): boolean {
    if (message instanceof ArrayBuffer) return this.#writer.write(new Uint8Array(message), true);
    const bytes = Array.isArray(message) ? Buffer.concat(message) : (message as Uint8Array);
    return this.#writer.write(bytes, true);
  }

  /** Resolves when there is room for more bytes, and when the decoder has ended. */
  drained(): Promise<void> {
    return this.#writer.drained();
  }

  /**
   * Says that no more bytes follow: the last picture is complete, and the iteration ends after the
   * last frame.
   */
  end(): void {
    this.#writer.end();
  }

  /**
   * Ends at once and drops waiting frames; resolves when the thread is gone. Later calls wait for
   * the same.
   */
  close(): Promise<void> {
    return this.#writer.close();
  }

  /** The same as `close()`, for `await using decoder = new LiveDecoder()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * What was counted so far; after the end, the final counts. Undefined when nothing was counted.
   */
  statistics(): Promise<StreamStatistics | undefined> {
    return this.#writer.frames.statistics();
  }

  /**
   * The frames, to be iterated once. Iteration closes each when the program asks for the next one.
   */
  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.#writer.frames;
  }

  /** A Node stream: bytes in, frames out (object mode). The reader closes each frame. */
  toNodeStream(): Duplex {
    const writer = this.#writer;
    return new Duplex({
      readableObjectMode: true,
      readableHighWaterMark: 1,
      write: (chunk: Uint8Array, _encoding, done) => {
        writer.write(chunk, false);
        writer.drained().then(() => done(), done);
      },
      final: (done) => {
        writer.end();
        done();
      },
      read() {
        writer.frames.read().then(
          (frame) => this.push(frame ?? null),
          (error) => this.destroy(error),
        );
      },
      destroy: (error, done) => {
        writer.close().then(() => done(error), done);
      },
    });
  }

  /**
   * A pair of web streams for `pipeThrough`: bytes in, frames out. The reader closes each frame.
   */
  toWebStream(): { readonly writable: WritableStream<Uint8Array>; readonly readable: ReadableStream<Frame> } {
    const writer = this.#writer;
    return {
      writable: new WritableStream<Uint8Array>({
        write: (bytes) => {
          writer.write(bytes, false);
          return writer.drained();
        },
        close: () => writer.end(),
        abort: () => writer.close(),
      }),
      readable: new ReadableStream<Frame>(
        {
          pull: async (controller) => {
            const frame = await writer.frames.read();
            if (frame) controller.enqueue(frame);
            else controller.close();
          },
          cancel: () => writer.close(),
        },
        { highWaterMark: 0 },
      ),
    };
  }
}

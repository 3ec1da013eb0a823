import { Duplex } from "node:stream";
import { ReadableStream, WritableStream } from "node:stream/web";
import { NaliveError } from "../../core/errors.js";
import type { Frame } from "../../core/frame.js";
import type { EngineStatistics } from "./engine-messages.js";
import type { StreamOptions } from "./stream-options.js";
import { type StreamEvents, VideoStream } from "./video-stream.js";

/** Bytes given but not yet taken in, above which `write` says to wait. */
const highWaterBytes = 4 * 1024 * 1024;

/** Options of a `LiveDecoder`. */
export interface LiveDecoderOptions
  extends Omit<StreamOptions, "reconnect" | "live" | "loop">,
    StreamEvents {}

/**
 * A lasting decoder for bytes that your program receives itself: write them as they come, cut anywhere, and get
 * frames out. Frames come by iteration (`for await (const frame of decoder)`), or through {@link toNodeStream} or
 * {@link toWebStream}; choose one.
 *
 * A thread of its own decodes; `close()` ends it.
 */
export class LiveDecoder implements AsyncIterable<Frame> {
  readonly #frames: VideoStream;
  #untaken = 0;
  #ended = false;
  #closed = false;
  #drained: (() => void)[] = [];

  constructor(options: LiveDecoderOptions = {}) {
    this.#frames = new VideoStream(undefined, options, (bytes) => this.#take(bytes));
    void this.#frames.ended.then(() => {
      this.#closed = true;
      this.#release();
    });
  }

  /**
   * Takes bytes of an unframed transport (TCP, a pipe), cut anywhere. They are copied.
   * When the loop over the frames was left, they are thrown away.
   * @returns false when many bytes wait: `await drained()` before writing more, or go on and let the decoder drop
   */
  write(bytes: Uint8Array): boolean {
    return this.#write(bytes, false);
  }

  /**
   * Takes one whole message of a framed transport, in any of the forms that `ws` has. It is copied. Whether messages
   * match pictures is learned, never assumed.
   * @returns as `write`
   */
  writeMessage(message: Uint8Array | ArrayBuffer | readonly Uint8Array[]): boolean {
    if (message instanceof ArrayBuffer) return this.#write(new Uint8Array(message), true);
    return this.#write(Array.isArray(message) ? Buffer.concat(message) : (message as Uint8Array), true);
  }

  /** Resolves when there is room for more bytes, and when the decoder has ended. */
  drained(): Promise<void> {
    if (this.#untaken < highWaterBytes || this.#ended || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** No more bytes: the last picture is complete, and iteration ends after the last frame. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#frames.host.end();
  }

  /** Ends at once; resolves when the thread is gone. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#release();
    await this.#frames.close();
  }

  /** What was counted since the start. */
  statistics(): Promise<EngineStatistics | undefined> {
    return this.#frames.statistics();
  }

  /** The frames, to be iterated once. Each is valid until the next one is asked for. */
  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.#frames;
  }

  /** @internal For `open`. */
  get frames(): VideoStream {
    return this.#frames;
  }

  /** A Node stream: bytes in, frames out (object mode). Close each frame when you are done with it. */
  toNodeStream(): Duplex {
    const frames = this.#frames;
    return new Duplex({
      readableObjectMode: true,
      readableHighWaterMark: 1,
      write: (chunk: Uint8Array, _encoding, done) => {
        this.write(chunk);
        this.drained().then(() => done(), done);
      },
      final: (done) => {
        this.end();
        done();
      },
      read() {
        frames.read().then(
          (frame) => this.push(frame ?? null),
          (error) => this.destroy(error),
        );
      },
      destroy: (error, done) => {
        this.close().then(() => done(error), done);
      },
    });
  }

  /** A pair of web streams for `pipeThrough`: bytes in, frames out. Close each frame when you are done with it. */
  toWebStream(): { readonly writable: WritableStream<Uint8Array>; readonly readable: ReadableStream<Frame> } {
    return {
      writable: new WritableStream<Uint8Array>({
        write: (bytes) => {
          this.write(bytes);
          return this.drained();
        },
        close: () => this.end(),
        abort: () => this.close(),
      }),
      readable: new ReadableStream<Frame>(
        {
          pull: async (controller) => {
            const frame = await this.#frames.read();
            if (frame) controller.enqueue(frame);
            else controller.close();
          },
          cancel: () => this.close(),
        },
        { highWaterMark: 0 },
      ),
    };
  }

  #write(bytes: Uint8Array, isMessage: boolean): boolean {
    if (!(bytes instanceof Uint8Array)) {
      throw new NaliveError(
        "NALIVE_INVALID_ARGUMENT",
        `write was given ${typeof bytes}, expected a Uint8Array or Buffer`,
      );
    }
    if (this.#ended)
      throw new NaliveError("NALIVE_INVALID_ARGUMENT", "write was called after end() or close()");
    if (bytes.length > 0 && !this.#closed) {
      this.#untaken += bytes.length;
      this.#frames.host.write(bytes, isMessage);
    }
    return this.#untaken < highWaterBytes;
  }

  #take(bytes: number): void {
    this.#untaken -= bytes;
    if (this.#untaken < highWaterBytes) this.#release();
  }

  #release(): void {
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

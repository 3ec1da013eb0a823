import { NaliveError } from "../../core/errors.js";
import { EngineStream } from "./engine-stream.js";
import type { StreamOptions } from "./stream-options.js";

/** Written bytes that the engine has not taken, above which the writer should wait. */
const highWaterBytes = 4 * 1024 * 1024;

/** Makes frames from bytes that the program writes, and tells the program when to wait. */
export class ByteWriter {
  readonly frames: EngineStream;
  readonly #onClosed: (() => void) | undefined;
  #pendingBytes = 0;
  /** The program has said that it writes no more. */
  #isEnded = false;
  /** The engine takes no more: what is written is thrown away. */
  #isClosed = false;
  #waiting: (() => void)[] = [];

  /**
   * @param onClosed called once, when the engine takes no more bytes: within the constructor when
   *   the signal was aborted before
   * @throws NaliveError `NALIVE_INVALID_ARGUMENT` for wrong options
   */
  constructor(options: StreamOptions, onClosed?: () => void) {
    this.#onClosed = onClosed;
    this.frames = new EngineStream({
      url: undefined,
      options,
      onConsumed: (bytes) => this.#consumed(bytes),
      onEnd: () => this.#closed(),
    });
  }

  /**
   * Copies the bytes for the engine. `isMessage`: they are one whole message of a framed transport.
   * @returns false when the program should wait for `drained()`
   * @throws NaliveError `NALIVE_INVALID_ARGUMENT` for anything but bytes, and after `end()`
   */
  write(bytes: Uint8Array, isMessage: boolean): boolean {
    if (!(bytes instanceof Uint8Array)) {
      throw invalid(`write() was given ${typeof bytes}, expected a Uint8Array or Buffer`);
    }
    if (this.#isEnded) throw invalid("write() was called after end() or close(); make a new decoder");
    if (bytes.length > 0 && !this.#isClosed) {
      this.#pendingBytes += bytes.length;
      this.frames.write(bytes, isMessage);
    }
    return this.#hasRoom;
  }

  /** Resolves when there is room for more bytes, and when no more are taken. */
  drained(): Promise<void> {
    if (this.#hasRoom || this.#isEnded || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The last byte was written; `failure` says why, when that is an error. */
  end(failure?: NaliveError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.frames.endInput(failure);
  }

  /** Ends at once; resolves when the engine's thread is gone. */
  async close(): Promise<void> {
    this.#isEnded = true;
    this.#release();
    await this.frames.close();
  }

  get #hasRoom(): boolean {
    return this.#pendingBytes < highWaterBytes;
  }

  #consumed(bytes: number): void {
    this.#pendingBytes -= bytes;
    if (this.#hasRoom) this.#release();
  }

  #closed(): void {
    this.#isClosed = true;
    this.#release();
    this.#onClosed?.();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function invalid(message: string): NaliveError {
  return new NaliveError("NALIVE_INVALID_ARGUMENT", message);
}

import { close, ftruncate, open, write } from "node:fs";
import { promisify } from "node:util";
import type { NaliveError } from "../core/errors.js";
import type { Frame } from "../core/frame.js";
import { widenPipe } from "../node/pipe-capacity.js";
import { outputError } from "./output-error.js";

const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);

/** How long to wait before writing again to a full pipe that does not block, ms. */
const fullPipeWaitMs = 1;

/** The reader of a pipe has gone, which ends the command without an error. */
export class ReaderGone extends Error {}

/**
 * Writes frames back to back to standard output or a file. libuv's threads do the writing, so that
 * a slow reader does not block this one.
 */
export class FrameWriter {
  readonly #fd: number;
  readonly #path: string;
  #wholeBytes = 0;

  private constructor(fd: number, path: string) {
    this.#fd = fd;
    this.#path = path;
    void widenPipe(fd);
  }

  /** Bytes of whole frames written so far: where the next frame begins. */
  get wholeBytes(): number {
    return this.#wholeBytes;
  }

  /**
   * @param path a file, or `-` for standard output
   * @throws NaliveError `NALIVE_OUTPUT_FAILED`
   */
  static async open(path: string): Promise<FrameWriter> {
    if (path === "-") return new FrameWriter(1, "standard output");
    try {
      return new FrameWriter(await openFile(path, "w"), path);
    } catch (error) {
      throw outputError(path, error, "Choose another --output.");
    }
  }

  /**
   * Writes one whole frame. When that fails, a file is cut back to whole frames.
   * @throws ReaderGone when the pipe was closed, NaliveError `NALIVE_OUTPUT_FAILED` for any other
   *   failure
   */
  async write(frame: Frame): Promise<void> {
    const { data } = frame;
    let written = 0;
    while (written < data.length) {
      try {
        written += await this.#writeSome(data.subarray(written));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EAGAIN") await new Promise((resolve) => setTimeout(resolve, fullPipeWaitMs));
        else if (code === "EPIPE") throw new ReaderGone();
        else throw await this.#failure(error);
      }
    }
    this.#wholeBytes += data.length;
  }

  /** Closes a file. */
  async close(): Promise<void> {
    if (this.#fd !== 1) await closeFile(this.#fd);
  }

  #writeSome(data: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#fd, data, (error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  async #failure(error: unknown): Promise<NaliveError> {
    if (this.#fd !== 1) await truncateFile(this.#fd, this.#wholeBytes).catch(() => undefined);
    const advice = `It holds ${this.#wholeBytes} bytes of whole frames. Make room or choose another --output.`;
    return outputError(this.#path, error, advice);
  }
}

import { close, ftruncate, open, write } from "node:fs";
import { promisify } from "node:util";
import { NaliveError } from "../core/errors.js";
import type { Frame } from "../core/frame.js";
import { widenPipe } from "../node/pipe-capacity.js";

const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);

/** How long to wait before writing again to a pipe that is full and does not block, ms. */
const fullPipeWaitMs = 1;

/** The reader of a pipe has gone: no error, just the end. */
export class ReaderGone extends Error {}

/**
 * Writes frames back to back to standard output or a file. The writing itself happens in libuv's
 * threads, so that a slow reader does not stop this one.
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

  /**
   * @param path a file, or `-` for standard output
   * @throws NaliveError `NALIVE_OUTPUT_FAILED`
   */
  static async open(path: string): Promise<FrameWriter> {
    if (path === "-") return new FrameWriter(1, "standard output");
    try {
      return new FrameWriter(await openFile(path, "w"), path);
    } catch (error) {
      throw new NaliveError("NALIVE_OUTPUT_FAILED", `cannot write to ${path}: ${(error as Error).message}`, {
        cause: error,
      });
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
        else throw await this.#failure(error as NodeJS.ErrnoException);
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

  async #failure(error: NodeJS.ErrnoException): Promise<NaliveError> {
    if (this.#fd !== 1) await truncateFile(this.#fd, this.#wholeBytes).catch(() => undefined);
    const why = error.code === "ENOSPC" ? "the disk is full" : error.message;
    return new NaliveError(
      "NALIVE_OUTPUT_FAILED",
      `cannot write to ${this.#path}: ${why}. ${this.#wholeBytes} bytes of whole frames were written; make room or choose ` +
        "another --output",
      { cause: error },
    );
  }
}

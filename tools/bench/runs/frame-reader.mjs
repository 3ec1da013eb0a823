import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A pipe as a shell makes it. Node gives its children socket pairs, which are slower than the pipe
 * of `nalive decode … | python3`.
 */
export function makePipe() {
  const directory = mkdtempSync(join(tmpdir(), "nalive-bench-"));
  const path = join(directory, "pipe");
  execFileSync("mkfifo", [path]);
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY);
  rmSync(directory, { recursive: true });
  return { readEnd, writeEnd, closeWriteEnd: () => closeSync(writeEnd) };
}

/** Cuts the bytes from a pipe into frames. */
export class FrameReader {
  #frame;
  #filled = 0;
  #onFrame;
  /**
   * Resolves when the writer has closed the pipe.
   *
   * @type {Promise<void>}
   */
  ended;

  /**
   * @param {number} readEnd
   * @param {number} frameSize bytes
   * @param {(frame: Buffer, at: number) => void} onFrame `frame`: overwritten by the next; `at`:
   *   time of its last byte (`performance.now`)
   */
  constructor(readEnd, frameSize, onFrame) {
    this.#frame = Buffer.allocUnsafe(frameSize);
    this.#onFrame = onFrame;
    // As much as a pipe holds.
    const buffer = Buffer.allocUnsafe(64 * 1024);
    const onread = { buffer, callback: (/** @type {number} */ count) => this.#take(buffer, count) };
    // The types of Node 20 do not know `onread`, which its documentation has.
    const options = { fd: readEnd, readable: true, writable: false, onread };
    const socket = new Socket(options);
    this.ended = new Promise((resolve) =>
      socket
        .on("close", () => resolve())
        .on("error", () => resolve())
        .on("end", () => socket.destroy()),
    );
    socket.resume();
  }

  /**
   * @param {Buffer} buffer
   * @param {number} count
   */
  #take(buffer, count) {
    const frame = this.#frame;
    for (let offset = 0; offset < count; ) {
      const part = Math.min(count - offset, frame.length - this.#filled);
      buffer.copy(frame, this.#filled, offset, offset + part);
      offset += part;
      this.#filled += part;
      if (this.#filled === frame.length) {
        this.#filled = 0;
        this.#onFrame(frame, performance.now());
      }
    }
    return true;
  }
}

import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A pipe as a shell makes it. Node itself gives its children socket pairs, which are slower and are not what
 * `nalive decode … | python3` has.
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

/** Cuts what comes from a pipe into frames. `onFrame` gets the frame's bytes, which are overwritten by the next, and the time of its last byte. */
export class FrameReader {
  #frame;
  #filled = 0;
  #onFrame;
  /** Resolves when the writer has closed the pipe. */
  ended;

  constructor(readEnd, frameSize, onFrame) {
    this.#frame = Buffer.allocUnsafe(frameSize);
    this.#onFrame = onFrame;
    const buffer = Buffer.allocUnsafe(64 * 1024); // what a pipe holds
    const socket = new Socket({
      fd: readEnd,
      readable: true,
      writable: false,
      onread: { buffer, callback: (count) => this.#take(buffer, count) },
    });
    this.ended = new Promise((resolve) =>
      socket
        .on("close", resolve)
        .on("error", resolve)
        .on("end", () => socket.destroy()),
    );
    socket.resume();
  }

  /** Bytes of a frame that did not become whole. */
  get rest() {
    return this.#filled;
  }

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

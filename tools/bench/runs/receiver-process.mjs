import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { freeTcpPort } from "../../shared/ports.mjs";
import { FrameReader, makePipe } from "./frame-reader.mjs";
import { waitUntilListening } from "./listening.mjs";

/**
 * @import { PixelFormat, Receiver } from "./receivers.mjs"
 *
 * @typedef {object} ReceiverOptions
 * @property {PixelFormat} format
 * @property {number} frameSize bytes
 * @property {(frame: Buffer, at: number) => void} onFrame see `FrameReader`
 * @property {string | undefined} [statsFile] that nalive writes its own figures to
 */

/** Time for a receiver that listens to finish starting. */
const startingMs = 700;
const exitTimeoutMs = 10_000;

/**
 * A receiver in its own process that listens for a sender. Its standard output is read as frames.
 */
export class ReceiverProcess {
  port;
  #name;
  #child;
  #exited;
  #reader;
  #stderr = "";

  /**
   * @param {Receiver} receiver
   * @param {number} port
   * @param {ReceiverOptions} options
   */
  constructor(receiver, port, { format, frameSize, onFrame, statsFile }) {
    const pipe = makePipe();
    const [command, ...args] = receiver.command(port, format, statsFile);
    this.port = port;
    this.#name = receiver.name;
    this.#reader = new FrameReader(pipe.readEnd, frameSize, onFrame);
    this.#child = spawn(command ?? "", args, { stdio: ["ignore", pipe.writeEnd, "pipe"] });
    pipe.closeWriteEnd();
    this.#exited = once(this.#child, "exit");
    this.#child.stderr?.on("data", (text) => {
      this.#stderr += text;
    });
  }

  /**
   * Starts a receiver. The caller ends it.
   *
   * @param {Receiver} receiver
   * @param {ReceiverOptions} options
   */
  static async start(receiver, options) {
    const started = new ReceiverProcess(receiver, await freeTcpPort(), options);
    await waitUntilListening(started.port, () => started.#child.exitCode !== null);
    await sleep(startingMs);
    return started;
  }

  get pid() {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} could not be started`);
    return this.#child.pid;
  }

  /** Resolves when its sender has gone, it has ended by itself, and its last frame is read. */
  async end() {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), exitTimeoutMs);
    const [[code, signal]] = await Promise.all([this.#exited, this.#reader.ended]);
    clearTimeout(timer);
    if (signal) throw new Error(`${this.#name} did not end when its sender had gone: ${this.#stderr}`);
    if (code !== 0) throw new Error(`${this.#name} ended with code ${code}: ${this.#stderr}`);
  }

  /** For use when something else has failed. */
  kill() {
    this.#child.kill("SIGKILL");
  }
}

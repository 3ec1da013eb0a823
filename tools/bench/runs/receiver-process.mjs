import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { FrameReader, makePipe } from "./frame-reader.mjs";
import { freePort, waitUntilListening } from "./listening.mjs";

/** Time for a receiver that listens to finish starting. */
const settleMs = 700;
const exitTimeoutMs = 10_000;

/** A receiver in a process of its own that listens for a sender, with its standard output read as frames. */
export class ReceiverProcess {
  #name;
  #child;
  #exited;
  #reader;
  #stderr = "";
  port;

  /**
   * @param {import("./receivers.mjs").Receiver} receiver
   * @param {object} given
   * @param {"bgr24" | "yuv420p"} given.format
   * @param {number} given.frameSize
   * @param {(frame: Buffer, at: number) => void} given.onFrame
   * @param {string} [given.statsFile]
   */
  static async start(receiver, { format, frameSize, onFrame, statsFile }) {
    const started = new ReceiverProcess();
    await started.#start(receiver, await freePort(), format, frameSize, onFrame, statsFile);
    return started;
  }

  async #start(receiver, port, format, frameSize, onFrame, statsFile) {
    const pipe = makePipe();
    const [command, ...args] = receiver.command(port, format, statsFile);
    this.#name = receiver.name;
    this.port = port;
    this.#reader = new FrameReader(pipe.readEnd, frameSize, onFrame);
    this.#child = spawn(command, args, { stdio: ["ignore", pipe.writeEnd, "pipe"] });
    pipe.closeWriteEnd();
    this.#exited = once(this.#child, "exit");
    this.#child.stderr.on("data", (text) => {
      this.#stderr += text;
    });
    await waitUntilListening(port, () => this.#child.exitCode !== null);
    await sleep(settleMs);
  }

  get pid() {
    return this.#child.pid;
  }

  /** Resolves when it has ended by itself, as its sender has gone, and its last frame is read. */
  async end() {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), exitTimeoutMs);
    const [[code, signal]] = await Promise.all([this.#exited, this.#reader.ended]);
    clearTimeout(timer);
    if (signal) throw new Error(`${this.#name} did not end when its sender had gone: ${this.#stderr}`);
    if (code !== 0) throw new Error(`${this.#name} ended with code ${code}: ${this.#stderr}`);
  }

  /** For when something else has failed. */
  kill() {
    this.#child.kill("SIGKILL");
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { DecoderCommand, DecoderEvent, DecoderReply } from "./decoder-messages.js";
import { MessageLink } from "./message-link.js";
import type { PictureMemory } from "./picture-memory.js";

const script = fileURLToPath(new URL("./decoder-child-main.js", import.meta.url));

/** Characters of what it wrote to standard error that are kept: the end. */
const keptWords = 500;

/** What happens with a decoding process. */
export interface DecoderChildListener {
  /** The command is carried out; the pictures are in memory until the next one is sent. */
  done(events: readonly DecoderEvent[]): void;
  /** The last call: it is gone, and the system has forgotten it. `how` goes on from "it". `byItself`: it had no reason but its own. */
  gone(how: string, byItself: boolean): void;
}

/** One decoding process, from its start to its death. */
export class DecoderChild {
  readonly #child: ChildProcess;
  readonly #link: MessageLink<DecoderCommand, DecoderReply>;
  readonly #listener: DecoderChildListener;
  #watchdog: NodeJS.Timeout | undefined;
  #words = "";
  #why: string | undefined;
  #isGone = false;

  constructor(memory: PictureMemory, listener: DecoderChildListener) {
    this.#listener = listener;
    this.#child = spawn(process.execPath, [script], {
      stdio: ["ignore", "ignore", "pipe", "pipe", memory.fd],
      windowsHide: true,
    });
    this.#child.stderr!.on("data", (bytes: Buffer) => {
      this.#words = (this.#words + bytes.toString()).slice(-keptWords);
    });
    const socket = this.#child.stdio[3] as Socket;
    // What a dead process was sent; its death is told by `close`, after the last of its replies.
    socket.on("error", () => undefined);
    this.#link = new MessageLink(socket, (reply: DecoderReply) => this.#take(reply));
    this.#child.on("error", (error) => this.#gone(`could not be started: ${error.message}`, true));
    this.#child.on("close", (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `ended with code ${code}${this.#lastWords}`;
      this.#gone(this.#why ?? how, signal === null);
    });
  }

  /** Its number in the system; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** One at a time: the next after `done`. It is killed when it takes longer than `timeoutMs`. */
  send(command: DecoderCommand, timeoutMs: number): void {
    this.#link.send(command);
    this.#watchdog = setTimeout(() => this.#endHang(timeoutMs), timeoutMs);
  }

  kill(): void {
    clearTimeout(this.#watchdog);
    this.#child.kill("SIGKILL");
  }

  #take(reply: DecoderReply): void {
    clearTimeout(this.#watchdog);
    if (reply.type === "done") this.#listener.done(reply.events);
    else this.#why = `failed: ${reply.message}`;
  }

  #endHang(timeoutMs: number): void {
    // Timers come before sockets in a turn of the event loop: an answer may be there by now.
    const stillSilent = this.#watchdog;
    setImmediate(() => {
      if (this.#watchdog !== stillSilent || this.#isGone) return;
      this.#why = `did not answer for ${timeoutMs} ms and was killed`;
      this.kill();
    });
  }

  get #lastWords(): string {
    return this.#words === "" ? "" : `: ${this.#words.trim()}`;
  }

  #gone(how: string, byItself: boolean): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#watchdog);
    this.#listener.gone(how, byItself);
  }
}

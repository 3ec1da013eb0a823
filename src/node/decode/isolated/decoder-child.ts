import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { DecoderCommand, DecoderEvent, DecoderReply } from "./decoder-messages.js";
import { MessageLink } from "./message-link.js";
import type { PictureMemory } from "./picture-memory.js";

const script = fileURLToPath(new URL("./decoder-child-main.js", import.meta.url));

/** This many of the last characters on standard error are kept. */
const mostLastWords = 500;

/** Events of a decoding process. */
export interface DecoderChildListener {
  /** The command was carried out. Its pictures stay in memory until the next command is sent. */
  done(events: readonly DecoderEvent[]): void;
  /**
   * The last event: the process is gone.
   * @param how a verb phrase: "was ended by SIGKILL"
   * @param byItself true when no signal ended it
   */
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
      this.#words = (this.#words + bytes.toString()).slice(-mostLastWords);
    });
    const socket = this.#child.stdio[3] as Socket;
    // Writing to a dead process fails. `close` reports its death, after its last reply.
    socket.on("error", () => undefined);
    this.#link = new MessageLink(socket, (reply: DecoderReply) => this.#take(reply));
    this.#child.on("error", (error) => this.#gone(`could not be started: ${error.message}`, true));
    this.#child.on("close", (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `ended with code ${code}${this.#lastWords}`;
      this.#gone(this.#why ?? how, signal === null);
    });
  }

  /** Its process id; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Sends a command, the next one after `done`. If it takes longer than `timeoutMs`, the process is
   * killed.
   */
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
    // In a turn of the event loop, timers come before sockets: the reply may be waiting there.
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

import { Worker } from "node:worker_threads";
import { DecodeError, type ErrorCode, NaliveError } from "../../core/errors.js";
import type { Frame } from "../../core/frame.js";
import type { IssueCode } from "../../core/issues.js";
import { systemClock } from "../clock.js";
import type { SourceState } from "../source/source.js";
import type { EngineCommand, EngineEvent, EngineStart, EngineStatistics } from "./engine-messages.js";
import type { SentFrame } from "./frame-outlet.js";
import { createSlotControl, SlotReader, slotCount } from "./frame-slots.js";
import { MessageBacklog } from "./message-backlog.js";
import { SharedFrame } from "./shared-frame.js";
import type { StreamOptions } from "./stream-options.js";

/** What the user's thread is told. */
export interface EngineListener {
  /** A frame may be taken: call `takeFrame`. */
  frameWaits(): void;
  state(state: SourceState): void;
  issue(code: IssueCode, detail: string): void;
  keyFrameNeeded(reason: IssueCode): void;
  /** Bytes written were taken in. */
  taken(bytes: number): void;
  /** The end; frames that wait can still be taken. */
  closed(reason: Error | undefined): void;
}

/** The user's side of a `StreamEngine` in a thread of its own, so that neither waits for the other. */
export class EngineHost {
  readonly #worker: Worker;
  readonly #reader: SlotReader;
  readonly #frameBacklog: MessageBacklog;
  readonly #issueBacklog: MessageBacklog;
  readonly #listener: EngineListener;
  readonly #statistics = new Map<number, (statistics: EngineStatistics | undefined) => void>();
  #waiting: SentFrame[] = [];
  #nextId = 0;
  #closed = false;
  #lastStatistics: EngineStatistics | undefined;
  readonly #ended: Promise<void>;

  constructor(url: string | undefined, options: StreamOptions, listener: EngineListener) {
    const control = createSlotControl();
    const backlogs = { frame: MessageBacklog.createMemory(), issue: MessageBacklog.createMemory() };
    const start: EngineStart = { url, options, control, backlogs };
    this.#frameBacklog = new MessageBacklog(backlogs.frame);
    this.#issueBacklog = new MessageBacklog(backlogs.issue);
    this.#reader = new SlotReader(control);
    this.#listener = listener;
    // Without the program's own flags: those of `node --input-type=module -e …` are refused for a file.
    this.#worker = new Worker(new URL("./engine-worker.js", import.meta.url), {
      workerData: start,
      execArgv: [],
    });
    this.#worker.on("message", (event: EngineEvent) => this.#on(event));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#ended = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#fail(code === 0 ? undefined : new Error(`the thread ended with code ${code}`));
        resolve();
      });
    });
  }

  /** The next frame that waits, or undefined. The caller closes it. */
  takeFrame(): Frame | undefined {
    for (let sent = this.#waiting.shift(); sent; sent = this.#waiting.shift()) {
      const { ticket, memory, size, description } = sent;
      if (!this.#reader.take(ticket)) continue;
      this.#command({ type: "room" });
      return new SharedFrame(description, new Uint8Array(memory, 0, size), () => {
        this.#reader.giveBack(ticket);
        this.#command({ type: "room" });
      });
    }
    return undefined;
  }

  /** Gives a copy of the bytes to the engine. `isMessage`: they are one whole message of a framed transport. */
  write(data: Uint8Array, isMessage: boolean): void {
    // Not slice(): of a Buffer that is a view, and its memory would be taken from the caller.
    const copy = new Uint8Array(data);
    this.#worker.postMessage(
      { type: "write", data: copy, receivedAt: systemClock.now(), isMessage } satisfies EngineCommand,
      [copy.buffer],
    );
  }

  /** No more bytes will be written; `failure` says why, if it was not their end. */
  end(failure?: NaliveError): void {
    this.#command({ type: "end", failure: failure && { code: failure.code, message: failure.message } });
  }

  /** What the engine has counted; undefined when it has ended. */
  statistics(): Promise<EngineStatistics | undefined> {
    if (this.#closed) return Promise.resolve(this.#lastStatistics);
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#statistics.set(id, resolve);
      this.#command({ type: "statistics", id });
    });
  }

  /** Ends the stream; resolves when its thread is gone. Frames already taken stay valid. */
  async stop(): Promise<void> {
    this.#command({ type: "stop" });
    await this.#ended;
  }

  #command(command: EngineCommand): void {
    if (!this.#closed) this.#worker.postMessage(command);
  }

  #on(event: EngineEvent): void {
    switch (event.type) {
      case "frame":
        this.#frameBacklog.noteRead();
        this.#waiting.push(event.frame);
        // There are only so many slots: what is older than their number has been replaced.
        if (this.#waiting.length > slotCount) this.#reader.discard(this.#waiting.shift()!.ticket);
        this.#listener.frameWaits();
        break;
      case "state":
        this.#listener.state(event.state);
        break;
      case "issue":
        this.#issueBacklog.noteRead();
        this.#listener.issue(event.code, event.detail);
        break;
      case "key-frame-needed":
        this.#listener.keyFrameNeeded(event.reason);
        break;
      case "taken":
        this.#listener.taken(event.bytes);
        break;
      case "statistics":
        this.#statistics.get(event.id)?.(event.statistics);
        this.#statistics.delete(event.id);
        break;
      case "closed":
        this.#lastStatistics = event.statistics;
        this.#close(event.reason && revive(event.reason, event.code));
        break;
    }
  }

  #fail(cause: Error | undefined): void {
    if (this.#closed) return;
    this.#close(
      new DecodeError(
        "NALIVE_DECODER_LOST",
        `the decoding thread ended unexpectedly${cause ? `: ${cause.message}` : ""}`,
        {
          cause,
        },
      ),
    );
  }

  #close(reason: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const resolve of this.#statistics.values()) resolve(this.#lastStatistics);
    this.#statistics.clear();
    this.#listener.closed(reason);
  }
}

/** Structured cloning keeps an error's message and drops its class and code. */
function revive(reason: Error, code: string | undefined): Error {
  if (code === undefined) return reason;
  return new NaliveError(code as ErrorCode, reason.message, { cause: reason.cause });
}

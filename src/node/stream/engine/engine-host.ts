import { Worker } from "node:worker_threads";
import { DecodeError, type ErrorCode, NaliveError } from "../../../core/errors.js";
import type { Frame } from "../../../core/frame.js";
import { type IssueCode, IssueCounter } from "../../../core/issues.js";
import { systemClock } from "../../clock.js";
import { RestartRule } from "../../restart-rule.js";
import type { SourceState } from "../../source/source.js";
import type { SentFrame } from "../frames/frame-outlet.js";
import { createSlotControl, SlotReader, slotCount } from "../frames/frame-slots.js";
import { SharedFrame } from "../frames/shared-frame.js";
import type { StreamStatistics } from "../stream-statistics.js";
import type { EngineCommand, EngineEvent, EngineStart } from "./engine-messages.js";
import { MessageBacklog } from "./message-backlog.js";

/** Takes the engine's events in the program's thread. */
export interface EngineListener {
  /** `takeFrame` may have a frame. */
  frameWaits(): void;
  state(state: SourceState): void;
  issue(code: IssueCode, detail: string): void;
  keyFrameNeeded(reason: IssueCode): void;
  /** The engine has consumed this many written bytes. */
  consumed(bytes: number): void;
  /** The engine has ended. Waiting frames can still be taken. */
  closed(reason: Error | undefined): void;
}

/** The state of the engine's thread. */
type State =
  /**
   * `canRestart`: another thread can replace it when it dies. False until it has reported that it
   * runs.
   */
  | {
      readonly kind: "running";
      readonly worker: Worker;
      readonly canRestart: boolean;
      readonly cause?: Error;
    }
  /** It died; `timer` starts the next one. */
  | { readonly kind: "dead"; readonly timer: NodeJS.Timeout }
  /** It takes no more bytes, and may need a moment to end. */
  | { readonly kind: "closed" };

/**
 * The program's side of a `StreamEngine`, which runs in its own thread so that neither waits for
 * the other.
 *
 * When that thread dies and the source can be opened again, the host starts another thread
 * (`RestartRule`). The sender's connection, the bytes that had not become frames, and the counts
 * since the last `statistics()` are lost. Frames that the program has stay valid; sequence numbers
 * and epochs continue.
 */
export class EngineHost {
  readonly #start: Omit<EngineStart, "backlogs">;
  readonly #reader: SlotReader;
  #frameBacklog!: MessageBacklog;
  #issueBacklog!: MessageBacklog;
  readonly #listener: EngineListener;
  readonly #issues = new IssueCounter();
  readonly #restartRule = new RestartRule();
  readonly #statistics = new Map<number, (statistics: StreamStatistics | undefined) => void>();
  readonly #ended: Promise<void>;
  #resolveEnded!: () => void;
  #state: State;
  #input: "open" | "ended" | "stopped" = "open";
  #waiting: SentFrame[] = [];
  #nextId = 0;
  /** Bytes written that the engine has not consumed. */
  #pendingBytes = 0;
  /** Counts of the threads that died. */
  #earlier: StreamStatistics | undefined;
  #lastStatistics: StreamStatistics | undefined;
  /** Where the numbers of this thread begin, and where those of the next one would. */
  #first: Numbers = { sequence: 0, epoch: 0 };
  #next: Numbers = { sequence: 0, epoch: 0 };

  constructor(start: Omit<EngineStart, "control" | "backlogs">, listener: EngineListener) {
    const control = createSlotControl();
    this.#start = { ...start, control };
    this.#reader = new SlotReader(control);
    this.#listener = listener;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#state = this.#run();
  }

  /** The next waiting frame, or undefined. The caller closes it. */
  takeFrame(): Frame | undefined {
    for (let sent = this.#waiting[0]; sent; sent = this.#waiting[0]) {
      const { ticket, memory, size, description } = sent;
      const taking = this.#reader.take(ticket);
      if (taking === "unfinished") {
        setImmediate(() => this.#listener.frameWaits());
        return undefined;
      }
      this.#waiting.shift();
      if (taking === "gone") continue;
      this.#command({ type: "room" });
      return new SharedFrame(description, new Uint8Array(memory, 0, size), () => {
        this.#reader.giveBack(ticket);
        this.#command({ type: "room" });
      });
    }
    return undefined;
  }

  /**
   * Sends a copy of the bytes to the engine. `isMessage`: they are one whole message of a framed
   * transport.
   */
  write(data: Uint8Array, isMessage: boolean): void {
    if (this.#state.kind === "dead") {
      this.#listener.consumed(data.length);
      return;
    }
    if (this.#state.kind === "closed") return;
    this.#pendingBytes += data.length;
    // Not slice(): a Buffer's slice is a view, and transferring it would take the caller's memory.
    const copy = new Uint8Array(data);
    this.#state.worker.postMessage(
      { type: "write", data: copy, receivedAt: systemClock.now(), isMessage } satisfies EngineCommand,
      [copy.buffer],
    );
  }

  /** No more bytes follow; `failure` says why, when that is an error. */
  end(failure?: NaliveError): void {
    if (this.#input === "open") this.#input = "ended";
    if (this.#state.kind === "dead") this.#close(failure);
    else this.#command({ type: "end", failure: failure && { code: failure.code, message: failure.message } });
  }

  /** What was counted since the start; the last known counts when no thread runs. */
  statistics(): Promise<StreamStatistics | undefined> {
    if (this.#state.kind !== "running") return Promise.resolve(this.#lastStatistics);
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#statistics.set(id, resolve);
      this.#command({ type: "statistics", id });
    });
  }

  /** Ends the stream; resolves when the thread is gone. Frames that the program has stay valid. */
  async stop(): Promise<void> {
    this.#input = "stopped";
    if (this.#state.kind === "dead") this.#close(undefined);
    else this.#command({ type: "stop" });
    await this.#ended;
  }

  #run(): State {
    // New for each thread: nobody reads what a dead one had sent.
    const backlogs = { frame: MessageBacklog.createMemory(), issue: MessageBacklog.createMemory() };
    this.#frameBacklog = new MessageBacklog(backlogs.frame);
    this.#issueBacklog = new MessageBacklog(backlogs.issue);
    const start: EngineStart = { ...this.#start, backlogs };
    // Without the program's flags: Node refuses those of `node --input-type=module -e …` for a
    // file.
    const worker = new Worker(new URL("./engine-worker.js", import.meta.url), {
      workerData: start,
      execArgv: [],
    });
    worker.on("message", (event: EngineEvent) => this.#on(event));
    worker.on("error", (cause) => {
      if (this.#state.kind === "running") this.#state = { ...this.#state, cause };
    });
    worker.on("exit", (code) => this.#exited(code));
    return { kind: "running", worker, canRestart: false };
  }

  #command(command: EngineCommand): void {
    if (this.#state.kind === "running") this.#state.worker.postMessage(command);
  }

  #on(event: EngineEvent): void {
    switch (event.type) {
      case "started":
        if (this.#state.kind === "running") this.#state = { ...this.#state, canRestart: event.canRestart };
        break;
      case "frame":
        this.#frameBacklog.noteRead();
        this.#waiting.push(this.#numbered(event.frame));
        // There are `slotCount` slots, so newer frames have replaced anything older.
        if (this.#waiting.length > slotCount) this.#reader.discard(this.#waiting.shift()!.ticket);
        this.#listener.frameWaits();
        break;
      case "state":
        this.#listener.state(event.state);
        break;
      case "issue":
        this.#issueBacklog.noteRead();
        this.#issues.report(event.code, event.detail);
        this.#listener.issue(event.code, event.detail);
        break;
      case "key-frame-needed":
        this.#listener.keyFrameNeeded(event.reason);
        break;
      case "consumed":
        this.#pendingBytes -= event.bytes;
        this.#listener.consumed(event.bytes);
        break;
      case "statistics":
        this.#lastStatistics = this.#sum(event.statistics);
        this.#statistics.get(event.id)?.(this.#lastStatistics);
        this.#statistics.delete(event.id);
        break;
      case "closed":
        if (event.statistics) this.#lastStatistics = this.#sum(event.statistics);
        this.#close(event.reason && revive(event.reason, event.code));
        break;
    }
  }

  /** Continues the numbers of the thread before. */
  #numbered(sent: SentFrame): SentFrame {
    const { description } = sent;
    const sequence = description.provenance.sequence + this.#first.sequence;
    const epoch = description.provenance.epoch + this.#first.epoch;
    this.#next = { sequence: Math.max(this.#next.sequence, sequence + 1), epoch: epoch + 1 };
    return {
      ...sent,
      description: { ...description, provenance: { ...description.provenance, sequence, epoch } },
    };
  }

  #exited(code: number): void {
    const state = this.#state;
    if (state.kind === "running") {
      const cause = state.cause ?? (code === 0 ? undefined : new Error(`the thread ended with code ${code}`));
      if (state.canRestart && this.#input === "open" && !isFinal(cause)) {
        this.#restart(cause);
        return;
      }
      this.#close(this.#input === "stopped" ? undefined : lost(cause));
    }
    this.#resolveEnded();
  }

  #restart(cause: Error | undefined): void {
    this.#reader.freeUnfinished();
    this.#earlier = this.#lastStatistics;
    this.#first = this.#next;
    const pending = this.#pendingBytes;
    this.#pendingBytes = 0;
    const timer = setTimeout(() => {
      this.#state = this.#run();
    }, this.#restartRule.died());
    this.#state = { kind: "dead", timer };
    this.#answerAll();
    const detail = `the thread that receives and decodes died${cause ? ` (${cause.message})` : ""}: another one opens the source again`;
    this.#issues.report("engine-died", detail);
    this.#listener.issue("engine-died", detail);
    if (pending > 0) this.#listener.consumed(pending);
  }

  #sum(current: StreamStatistics): StreamStatistics {
    const earlier = this.#earlier ?? nothing;
    const { receivedBytes, accessUnits, pictures, replaced, droppedLate, healed } = earlier;
    return {
      ...current,
      receivedBytes: current.receivedBytes + receivedBytes,
      accessUnits: current.accessUnits + accessUnits,
      pictures: current.pictures + pictures,
      replaced: current.replaced + replaced,
      droppedLate: current.droppedLate + droppedLate,
      healed: current.healed + healed,
      leftOut: {
        conversions: current.leftOut.conversions + earlier.leftOut.conversions,
        loopFilters: current.leftOut.loopFilters + earlier.leftOut.loopFilters,
        nonReference: current.leftOut.nonReference + earlier.leftOut.nonReference,
        beforeJump: current.leftOut.beforeJump + earlier.leftOut.beforeJump,
        untilRandomAccess: current.leftOut.untilRandomAccess + earlier.leftOut.untilRandomAccess,
      },
      issues: this.#issues.list(),
    };
  }

  #answerAll(): void {
    for (const resolve of this.#statistics.values()) resolve(this.#lastStatistics);
    this.#statistics.clear();
  }

  #close(reason: Error | undefined): void {
    if (this.#state.kind === "closed") return;
    if (this.#state.kind === "dead") {
      clearTimeout(this.#state.timer);
      this.#resolveEnded();
    }
    this.#state = { kind: "closed" };
    this.#reader.freeUnfinished();
    this.#answerAll();
    this.#listener.closed(reason);
  }
}

/** The numbers in a frame's provenance that a new thread would start again. */
interface Numbers {
  readonly sequence: number;
  readonly epoch: number;
}

const nothing = {
  receivedBytes: 0,
  accessUnits: 0,
  pictures: 0,
  replaced: 0,
  droppedLate: 0,
  healed: 0,
  leftOut: { conversions: 0, loopFilters: 0, nonReference: 0, beforeJump: 0, untilRandomAccess: 0 },
};

/** The decoder does not work on this machine, so another thread would die of the same cause. */
function isFinal(cause: Error | undefined): boolean {
  return (cause as { code?: unknown } | undefined)?.code === "NALIVE_DECODE";
}

function lost(cause: Error | undefined): Error {
  if (isFinal(cause)) return new DecodeError("NALIVE_DECODE", cause!.message, { cause });
  const because = cause ? `: ${cause.message}` : "";
  return new DecodeError("NALIVE_DECODER_LOST", `The decoding thread ended unexpectedly${because}`, {
    cause,
  });
}

/** Restores the class and the code of an error: structured cloning keeps only its message. */
function revive(reason: Error, code: string | undefined): Error {
  if (code === undefined) return reason;
  return new NaliveError(code as ErrorCode, reason.message, { cause: reason.cause });
}

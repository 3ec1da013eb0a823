import { DecodeError } from "../../../core/errors.js";
import type { IssueReporter } from "../../../core/issues.js";
import type { Sink } from "../../../core/sink.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import type { DecoderListener } from "../../../live/decoding/decoder.js";
import type { MutableDecoder } from "../../../live/decoding/decoder-pair.js";
import { OutputHistory } from "../../../live/decoding/pictures/output-history.js";
import { RestartRule } from "../../restart-rule.js";
import type { KeptPicture, OutputPicture, PictureDescription } from "../output-picture.js";
import type { DecoderSettings, DecodingProcessStatistics, StreamDecoders } from "../stream-decoders.js";
import { DecoderChild } from "./decoder-child.js";
import type { DecoderCommand, DecoderEvent } from "./decoder-messages.js";
import { createPictureMemory, type PictureMemory } from "./picture-memory.js";
import { type CommandTarget, ProcessDecoder } from "./process-decoder.js";

/** How long a process may take to start, ms. On a busy machine, Node alone can take seconds. */
const startTimeoutMs = 15_000;
/** After this many processes that ended by themselves before any had started, none will start. */
const mostFailedStarts = 3;

/** Options of a `DecodingProcess`. */
export interface DecodingProcessOptions extends DecoderSettings {
  /** A process that takes longer for one command counts as hung and is killed, ms. Default 2000. */
  readonly timeoutMs?: number;
  /** Carries pictures from one process to the other. Default: the fastest that the system has. */
  readonly memory?: PictureMemory;
}

/** Work for the process. `blamed` is the access unit to blame if the process dies of it. */
type Task =
  | { readonly type: "command"; readonly command: DecoderCommand; readonly blamed: AccessUnit | undefined }
  | { readonly type: "close"; readonly reason: Error | undefined };

type State =
  /** `isRestart`: the process before this one died, with all that it knew. */
  | { readonly kind: "starting"; readonly child: DecoderChild; readonly isRestart: boolean }
  | { readonly kind: "ready"; readonly child: DecoderChild }
  | {
      readonly kind: "working";
      readonly child: DecoderChild;
      readonly on: Task & { readonly type: "command" };
    }
  /** The last process died; `timer` starts the next one. */
  | { readonly kind: "dead"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "closing"; readonly child: DecoderChild; readonly reason: Error | undefined }
  | { readonly kind: "closed" };

/**
 * Runs decoders in a child process, so that a crash in native code ends only that process.
 *
 * The process carries out one command after the other. Its pictures come back through shared
 * memory. When it dies or hangs, another one starts (`RestartRule`), and `DecoderListener.lost` is
 * called. An access unit on which two processes died is deadly.
 */
export class DecodingProcess implements StreamDecoders, CommandTarget {
  readonly #sink: Sink<OutputPicture>;
  readonly #issues: IssueReporter;
  readonly #listener: DecoderListener;
  readonly #options: DecodingProcessOptions;
  readonly #memory: PictureMemory;
  readonly #outputHistory = new OutputHistory();
  readonly #restartRule = new RestartRule();
  readonly #deadly = new WeakSet<AccessUnit>();
  #state: State;
  #tasks: Task[] = [];
  /** Sequence numbers of the latest access unit and of the latest IDR picture or recovery point. */
  #latest = 0;
  #cleanStart = Number.NEGATIVE_INFINITY;
  /** What the latest process that died was decoding. */
  #suspect: AccessUnit | undefined;
  #decoders = 0;
  #deaths = 0;
  #hasStarted = false;
  #failedStarts = 0;

  constructor(
    sink: Sink<OutputPicture>,
    issues: IssueReporter,
    listener: DecoderListener,
    options: DecodingProcessOptions,
  ) {
    this.#sink = sink;
    this.#issues = issues;
    this.#listener = listener;
    this.#options = options;
    this.#memory = options.memory ?? createPictureMemory();
    this.#state = this.#start(false);
  }

  get queueSize(): number {
    const { kind } = this.#state;
    const isLost = kind === "dead" || (kind === "starting" && this.#state.isRestart);
    return this.#tasks.length + (kind === "working" || isLost ? 1 : 0);
  }

  process(): DecodingProcessStatistics {
    return { pid: "child" in this.#state ? this.#state.child.pid : undefined, deaths: this.#deaths };
  }

  make(): MutableDecoder {
    return new ProcessDecoder(this, this.#decoders++);
  }

  isDeadly(unit: AccessUnit): boolean {
    return this.#deadly.has(unit);
  }

  do(command: DecoderCommand, blamed?: AccessUnit): void {
    if (blamed) this.#note(blamed);
    this.#add({ type: "command", command, blamed });
  }

  close(reason?: Error): void {
    const state = this.#state;
    if (state.kind === "dead") {
      clearTimeout(state.timer);
      this.#end(reason);
    } else if (state.kind === "starting" && state.isRestart) this.#stop(state.child, reason);
    else this.#add({ type: "close", reason });
  }

  #start(isRestart: boolean): State {
    const child: DecoderChild = new DecoderChild(this.#memory, {
      done: (events) => this.#done(child, events),
      gone: (how, byItself) => this.#gone(child, how, byItself),
    });
    const { format, options } = this.#options;
    const outputHistory = this.#outputHistory.list();
    const sinceMarkedStart = this.#latest - this.#cleanStart;
    child.send(
      { type: "start", start: { format, options, outputHistory, sinceMarkedStart } },
      startTimeoutMs,
    );
    return { kind: "starting", child, isRestart };
  }

  #add(task: Task): void {
    const { kind } = this.#state;
    // What comes between a death and `lost` is lost like what came before.
    if (kind === "dead" || (kind === "starting" && this.#state.isRestart)) return;
    this.#tasks.push(task);
    if (kind === "ready") this.#next();
  }

  #next(): void {
    if (this.#state.kind !== "ready") return;
    const { child } = this.#state;
    const task = this.#tasks.shift();
    if (!task) return;
    if (task.type === "close") this.#stop(child, task.reason);
    else {
      this.#state = { kind: "working", child, on: task };
      child.send(task.command, this.#options.timeoutMs ?? 2000);
    }
  }

  #done(child: DecoderChild, events: readonly DecoderEvent[]): void {
    const before = this.#state;
    if (before.kind !== "starting" && before.kind !== "working") return;
    for (const event of events) this.#give(event);
    this.#state = { kind: "ready", child };
    if (before.kind === "starting") {
      this.#hasStarted = true;
      if (before.isRestart) this.#listener.lost();
    }
    this.#next();
    if (this.queueSize === 0) this.#listener.idle();
  }

  #give(event: DecoderEvent): void {
    if (event.type === "issue") {
      this.#issues.report(event.code, event.detail);
      return;
    }
    const { description, offset } = event;
    const { unit, layout } = description;
    this.#outputHistory.add(unit.sequence);
    const writeTo = (target: Uint8Array) => this.#memory.read(offset, target.subarray(0, layout.size));
    this.#sink.push({ ...description, writeTo, keep: () => keep(description, writeTo) });
  }

  #gone(child: DecoderChild, how: string, byItself: boolean): void {
    const before = this.#state;
    if (before.kind === "closing") {
      this.#end(before.reason);
      return;
    }
    this.#deaths++;
    this.#tasks = [];
    const wait = this.#restartRule.died();
    this.#issues.report(
      "decoder-died",
      `the decoding process ${child.pid ?? ""} ${how}: another one decodes again from the last random access point`,
    );
    if (before.kind === "working" && before.on.blamed) this.#blame(before.on.blamed);
    this.#state = {
      kind: "dead",
      timer: setTimeout(() => {
        this.#state = this.#start(true);
      }, wait),
    };
    if (byItself && !this.#hasStarted && ++this.#failedStarts >= mostFailedStarts) {
      clearTimeout(this.#state.timer);
      throw new DecodeError(
        "NALIVE_DECODE",
        `The decoding process ${how} before it had started, ${mostFailedStarts} times. Set isolation to "thread".`,
      );
    }
  }

  #note({ sequence, randomAccess }: AccessUnit): void {
    this.#latest = Math.max(this.#latest, sequence);
    if (randomAccess !== undefined) this.#cleanStart = Math.max(this.#cleanStart, sequence);
  }

  #blame(unit: AccessUnit): void {
    if (unit !== this.#suspect) {
      this.#suspect = unit;
      return;
    }
    this.#deadly.add(unit);
    this.#issues.report(
      "deadly-access-unit",
      `two decoding processes died at access unit ${unit.sequence} (${unit.data.length} bytes): it is left out`,
    );
  }

  #stop(child: DecoderChild, reason: Error | undefined): void {
    this.#state = { kind: "closing", child, reason };
    child.kill();
  }

  #end(reason: Error | undefined): void {
    this.#state = { kind: "closed" };
    this.#memory.close();
    this.#sink.close(reason);
  }
}

/** A copy, because the next command overwrites the shared memory. */
function keep(description: PictureDescription, writeTo: (target: Uint8Array) => void): KeptPicture {
  const samples = new Uint8Array(description.layout.size);
  writeTo(samples);
  return { ...description, writeTo: (target) => target.set(samples), free: () => undefined };
}

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
import { type CommandTaker, ProcessDecoder } from "./process-decoder.js";

/** How long a process may take to start, ms: on a busy machine Node alone can take seconds. */
const startTimeoutMs = 15_000;
/** Processes that ended by themselves before one had started: none will. */
const firstStarts = 3;

/** Options of a `DecodingProcess`: what `FfmpegDecoder` is told, and more. */
export interface DecodingProcessOptions extends DecoderSettings {
  /** A decoder that takes longer for one picture is taken for hung, and killed, ms. Default 2000. */
  readonly timeoutMs?: number;
  /** Where pictures pass from one process to the other. Default the fastest way that the system has. */
  readonly memory?: PictureMemory;
}

/** What is to be done, one after the other. `blamed` is whose fault it is if the process dies of it. */
type Task =
  | { readonly type: "command"; readonly command: DecoderCommand; readonly blamed: AccessUnit | undefined }
  | { readonly type: "close"; readonly reason: Error | undefined };

type State =
  /** `anew`: the process before this one died, and all that it knew is lost. */
  | { readonly kind: "starting"; readonly child: DecoderChild; readonly anew: boolean }
  | { readonly kind: "ready"; readonly child: DecoderChild }
  | {
      readonly kind: "working";
      readonly child: DecoderChild;
      readonly on: Task & { readonly type: "command" };
    }
  /** The last process died; the next is started by `timer`. */
  | { readonly kind: "dead"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "closing"; readonly child: DecoderChild; readonly reason: Error | undefined }
  | { readonly kind: "closed" };

/**
 * Decoders in a process of their own, so that a crash in native code ends that process and nothing else.
 *
 * It is told what to do, one thing after the other, and its pictures come back through memory in common. When it dies,
 * or hangs, another is started at once (`RestartRule`), and `DecoderListener.lost` is called. An access unit on which it died
 * twice is deadly.
 */
export class DecodingProcess implements StreamDecoders, CommandTaker {
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
  /** Sequence numbers of the latest access unit, and of the latest IDR picture or recovery point. */
  #latest = 0;
  #cleanStart = Number.NEGATIVE_INFINITY;
  /** What the last process that died was decoding. */
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
    const isLost = kind === "dead" || (kind === "starting" && this.#state.anew);
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
    } else if (state.kind === "starting" && state.anew) this.#stop(state.child, reason);
    else this.#add({ type: "close", reason });
  }

  #start(anew: boolean): State {
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
    return { kind: "starting", child, anew };
  }

  #add(task: Task): void {
    const { kind } = this.#state;
    // What comes between a death and `lost` is lost with what came before.
    if (kind === "dead" || (kind === "starting" && this.#state.anew)) return;
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
      if (before.anew) this.#listener.lost();
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
      `the decoding process ${child.pid ?? ""} ${how}: another decodes again from the last random access point`,
    );
    if (before.kind === "working" && before.on.blamed) this.#blame(before.on.blamed);
    this.#state = {
      kind: "dead",
      timer: setTimeout(() => {
        this.#state = this.#start(true);
      }, wait),
    };
    if (byItself && !this.#hasStarted && ++this.#failedStarts >= firstStarts) {
      clearTimeout(this.#state.timer);
      throw new DecodeError("NALIVE_DECODE", `the decoding process ${how} before it had started`);
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
      `the decoding process died twice of access unit ${unit.sequence} (${unit.data.length} bytes): it is left out`,
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

/** A copy: the child's memory is written anew with the next command. */
function keep(description: PictureDescription, writeTo: (target: Uint8Array) => void): KeptPicture {
  const samples = new Uint8Array(description.layout.size);
  writeTo(samples);
  return { ...description, writeTo: (target) => target.set(samples), free: () => undefined };
}

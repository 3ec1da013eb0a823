import { BackOff } from "../../core/back-off.js";
import { type CancelTimer, type Clock, fromMilliseconds } from "../../core/time.js";
import type { Connection, Dialer } from "./connection.js";
import type { Source, SourceKind, SourceSink } from "./source.js";
import { SourceOutput } from "./source-output.js";

/** What a {@link DialingSource} is made of. */
export interface DialingSourceOptions {
  readonly name: string;
  readonly kind: SourceKind;
  readonly clock: Clock;
  /** False: the source ends with its first connection, or when that cannot be made. */
  readonly reconnect: boolean;
}

type Phase =
  | { readonly type: "idle" }
  | { readonly type: "dialled"; readonly connection: Connection }
  | { readonly type: "waiting"; readonly cancel: CancelTimer }
  | { readonly type: "over" };

/**
 * A source that connects to the sender, and connects again after each loss, waiting longer each
 * time.
 */
export class DialingSource implements Source {
  readonly name: string;
  readonly kind: SourceKind;
  readonly #clock: Clock;
  readonly #reconnect: boolean;
  readonly #dialer: Dialer;
  readonly #backOff = new BackOff();
  #output: SourceOutput | undefined;
  #phase: Phase = { type: "idle" };
  #paused = false;
  #whenClosed: Promise<void> = Promise.resolve();

  constructor(dialer: Dialer, options: DialingSourceOptions) {
    this.#dialer = dialer;
    this.name = options.name;
    this.kind = options.kind;
    this.#clock = options.clock;
    this.#reconnect = options.reconnect;
  }

  start(sink: SourceSink): void {
    if (this.#output) throw new TypeError(`Source ${this.name} was started already: open a new one`);
    this.#output = new SourceOutput(sink, this.#clock, this.#dialer.framing);
    if (this.#phase.type === "idle") this.#dial(this.#output);
    else this.#output.close();
  }

  pause(): void {
    this.#paused = true;
    if (this.#phase.type === "dialled") this.#phase.connection.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#phase.type === "dialled") this.#phase.connection.resume();
  }

  requestKeyFrame(reason: string): void {
    if (this.#phase.type === "dialled") this.#phase.connection.requestKeyFrame?.(reason);
  }

  stop(): Promise<void> {
    const phase = this.#phase;
    this.#phase = { type: "over" };
    if (phase.type === "waiting") phase.cancel();
    if (phase.type === "dialled") phase.connection.close();
    this.#output?.close();
    return this.#whenClosed;
  }

  #dial(output: SourceOutput): void {
    let gotData = false;
    let resolve!: () => void;
    this.#whenClosed = new Promise((done) => {
      resolve = done;
    });
    const connection = this.#dialer.dial({
      connected: (peer) => {
        if (this.#phase.type !== "over") output.begin(peer);
      },
      data: (bytes) => {
        gotData = true;
        output.push(bytes);
      },
      state: (event) => output.state(event),
      closed: (error, over = false) => {
        resolve();
        if (this.#phase.type === "over") return;
        if (gotData) this.#backOff.reset();
        this.#afterConnection(output, error, over);
      },
    });
    // The sink may stop the source when `dial` reports a state.
    if (this.#isOver()) {
      connection.close();
      return;
    }
    this.#phase = { type: "dialled", connection };
    if (this.#paused) connection.pause();
  }

  #isOver(): boolean {
    return this.#phase.type === "over";
  }

  #afterConnection(output: SourceOutput, error: Error | undefined, over: boolean): void {
    if (over || !this.#reconnect) {
      this.#phase = { type: "over" };
      output.close(error);
      return;
    }
    const inMs = this.#backOff.next();
    const cancel = this.#clock.startTimer(fromMilliseconds(inMs), () => this.#dial(output));
    this.#phase = { type: "waiting", cancel };
    output.end(error);
    output.state({ type: "retrying", inMs, error });
  }
}

import { type CancelTimer, type Clock, fromMilliseconds, microseconds } from "../../core/time.js";
import { hostPort } from "./describe-source-state.js";
import type { Source, SourceKind, SourceSink } from "./source.js";

/** A notice follows when nothing has arrived for this long. */
const patienceSeconds = 5;
const patience = fromMilliseconds(patienceSeconds * 1000);

/**
 * Makes a live source say when it hears nothing: since it listens, or from a sender that is
 * connected. Says it once per sender, as a notice. Everything else passes through.
 */
export class WatchedSource implements Source {
  readonly #source: Source;
  readonly #clock: Clock;
  /** When the newest chunk arrived, or since when one has been waited for. */
  #heardAt = microseconds(0);
  #isPaused = false;
  #cancelTimer: CancelTimer = () => {};

  /** Takes over the source: start and stop this one instead. */
  constructor(source: Source, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  get name(): string {
    return this.#source.name;
  }

  get kind(): SourceKind {
    return this.#source.kind;
  }

  start(sink: SourceSink): void {
    this.#source.start({
      begin: (session) => {
        this.#watch(sink, `from ${session.peer}`);
        sink.begin(session);
      },
      push: (chunk) => {
        this.#heardAt = chunk.receivedAt;
        sink.push(chunk);
      },
      end: (reason) => {
        this.#cancelTimer();
        sink.end(reason);
      },
      state: (event) => {
        if (event.type === "listening") {
          const { address, port } = event;
          const where = `on ${port === undefined ? address : hostPort(address, port)}`;
          this.#watch(sink, where, ": check the address and port of the sender, and firewalls");
        }
        sink.state(event);
      },
      close: (reason) => {
        this.#cancelTimer();
        sink.close(reason);
      },
    });
  }

  pause(): void {
    this.#isPaused = true;
    this.#source.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#heardAt = this.#clock.now();
    this.#source.resume();
  }

  requestKeyFrame(reason: string): void {
    this.#source.requestKeyFrame(reason);
  }

  stop(): Promise<void> {
    return this.#source.stop();
  }

  #watch(sink: SourceSink, where: string, advice = ""): void {
    const message = `Nothing has arrived ${where} for ${patienceSeconds} s${advice}`;
    this.#heardAt = this.#clock.now();
    const wait = (delay: number) => {
      this.#cancelTimer();
      this.#cancelTimer = this.#clock.startTimer(microseconds(delay), () => {
        const left = this.#isPaused ? patience : this.#heardAt + patience - this.#clock.now();
        if (left > 0) wait(left);
        else sink.state({ type: "notice", message });
      });
    };
    wait(patience);
  }
}

import type { Frame, Provenance } from "../../core/frame.js";
import type { Sink } from "../../core/sink.js";
import {
  type CancelTimer,
  type Clock,
  fromMilliseconds,
  type Microseconds,
  microseconds,
} from "../../core/time.js";
import { PlayoutTimeline } from "./playout-timeline.js";

/**
 * How pictures are paced. `asap`: each as soon as possible. `smooth`: evenly, for a little more
 * delay.
 */
export type Pacing = "asap" | "smooth";

/** Options of a {@link FrameScheduler}. */
export interface FrameSchedulerOptions {
  readonly clock: Clock;
  /** Default `asap`. */
  readonly pacing?: Pacing;
  /** Longest time for which `smooth` holds a picture, ms. Default 200. */
  readonly maxDelayMs?: number;
  /** Most pictures that `smooth` holds at once. Default 8. */
  readonly queueLimit?: number;
}

/** What a {@link FrameScheduler} did with its frames. */
export interface FrameSchedulerCounts {
  /** Passed on. */
  readonly presented: number;
  /** Closed because a newer one was due as well. */
  readonly replaced: number;
  /** Passed on before they were due because the queue was full. */
  readonly early: number;
}

/** How long a picture of a backlog waits for the next one, which would replace it at once, µs. */
const backlogWait = fromMilliseconds(10);
/** Longest time without a picture while waiting for a newer one, µs. */
const longestHold = fromMilliseconds(100);
/** A timer that fires this much too soon is on time: timers fire on whole milliseconds, µs. */
const tolerance = 500;

/** What pacing needs to know of a frame. */
export interface PacedFrame extends Pick<Frame, "timestamp" | "close"> {
  readonly provenance: Pick<Provenance, "epoch">;
}

interface QueuedFrame<T> {
  readonly frame: T;
  readonly due: number;
}

/**
 * Passes each frame on when it is due, unless a newer one is due as well. Frames must come in
 * output order. The scheduler owns the frames that it holds and closes those that it drops. Its
 * receiver closes those that it passes on.
 *
 * It shows the first picture at once. Of several overdue pictures, as after joining or a stall, it
 * shows the newest. If the queue is full, the oldest goes out before it is due: at a high picture
 * rate, dropping it would mean dropping every picture.
 */
export class FrameScheduler<T extends PacedFrame = Frame> implements Sink<T> {
  readonly #output: Sink<T>;
  readonly #clock: Clock;
  readonly #pacing: Pacing;
  readonly #queueLimit: number;
  readonly #timeline: PlayoutTimeline;
  readonly #queue: QueuedFrame<T>[] = [];
  readonly #counts = { presented: 0, replaced: 0, early: 0 };
  #cancelTimer: CancelTimer | undefined;
  #presentedAt = Number.NEGATIVE_INFINITY;
  /** When the newest due picture stops waiting for the rest of its backlog. */
  #holdUntil = Number.NEGATIVE_INFINITY;
  #epoch: number | undefined;

  /** @param output receives the frames, and is closed with the scheduler */
  constructor(output: Sink<T>, options: FrameSchedulerOptions) {
    this.#output = output;
    this.#clock = options.clock;
    this.#pacing = options.pacing ?? "asap";
    this.#queueLimit = options.queueLimit ?? 8;
    this.#timeline = new PlayoutTimeline(fromMilliseconds(options.maxDelayMs ?? 200));
  }

  /** Frames that are not due yet. */
  get queueSize(): number {
    return this.#queue.length;
  }

  /** How long it currently holds a picture that arrived without jitter; 0 with `asap`. */
  get delay(): Microseconds {
    return this.#timeline.delay;
  }

  /** Counts so far. */
  get counts(): FrameSchedulerCounts {
    return { ...this.#counts };
  }

  push(frame: T): void {
    if (this.#pacing === "asap") {
      this.#present(frame);
      return;
    }
    if (frame.provenance.epoch !== this.#epoch) this.#timeline.reset();
    this.#epoch = frame.provenance.epoch;
    const now = this.#clock.now();
    const { due, backlog } = this.#timeline.arrive(frame.timestamp, now);
    this.#queue.push({ frame, due });
    this.#holdUntil = backlog ? Math.min(now + backlogWait, this.#presentedAt + longestHold) : now;
    this.#run();
  }

  /** Passes the newest waiting frame on, so that it stays in view, and drops the others. */
  close(reason?: Error): void {
    this.#cancelTimer?.();
    const newest = this.#queue.pop();
    this.#drop(this.#queue.length);
    if (newest) this.#present(newest.frame);
    this.#output.close(reason);
  }

  /** Presents what is due, and sets the timer for the next frame. */
  #run(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const now = this.#clock.now() + tolerance;
    const newest = this.#queue.findLastIndex(({ due }) => due <= now);
    this.#drop(newest);
    if (newest >= 0 && this.#holdUntil <= now) this.#present(this.#queue.shift()!.frame);
    while (this.#queue.length > this.#queueLimit) {
      this.#counts.early++;
      this.#present(this.#queue.shift()!.frame);
    }
    if (this.#queue.length === 0) return;
    const next = Math.min(...this.#queue.map(({ due }) => due));
    const wait = Math.max(next, this.#holdUntil) - this.#clock.now();
    this.#cancelTimer = this.#clock.startTimer(microseconds(Math.max(0, wait)), () => this.#run());
  }

  #drop(count: number): void {
    for (const { frame } of this.#queue.splice(0, Math.max(0, count))) {
      this.#counts.replaced++;
      frame.close();
    }
  }

  #present(frame: T): void {
    this.#counts.presented++;
    this.#presentedAt = this.#clock.now();
    this.#output.push(frame);
  }
}

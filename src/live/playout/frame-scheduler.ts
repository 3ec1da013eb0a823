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
 * How pictures are paced. `asap`: each as soon as it is there. `smooth`: evenly, for a little more
 * delay.
 */
export type Pacing = "asap" | "smooth";

/** How a {@link FrameScheduler} works. */
export interface FrameSchedulerOptions {
  readonly clock: Clock;
  /** Default `asap`. */
  readonly pacing?: Pacing;
  /** The longest that `smooth` holds a picture, ms. Default 200. */
  readonly maxDelayMs?: number;
  /** The most pictures that `smooth` holds at once. Default 8. */
  readonly queueLimit?: number;
}

/** What became of the frames that a {@link FrameScheduler} was given. */
export interface FrameSchedulerCounts {
  /** Passed on. */
  readonly presented: number;
  /** Closed, because a newer one was due as well. */
  readonly replaced: number;
  /** Passed on before their time, because the queue was full. */
  readonly early: number;
}

/** How long a picture of a backlog waits for the next one, which would replace it at once. */
const backlogWait = fromMilliseconds(10);
/** The longest time without a picture for the sake of a newer one. */
const longestHold = fromMilliseconds(100);
/** Timers fire on whole milliseconds: this much too soon is in time. */
const tolerance = 500;

/** What pacing has to know of a frame, whatever holds its samples. */
export interface PacedFrame extends Pick<Frame, "timestamp" | "close"> {
  readonly provenance: Pick<Provenance, "epoch">;
}

interface QueuedFrame<T> {
  readonly frame: T;
  readonly due: number;
}

/**
 * Passes frames on when they are due: the newest that is due, once. Frames must come in output
 * order. It owns those that it holds and closes the ones that it drops; a frame passed on is its
 * receiver's to close.
 *
 * The first picture is shown at once. Of a bunch of overdue pictures, as after joining or a stall,
 * the newest is shown. A full queue lets its oldest out before its time rather than drop it: at a
 * high picture rate it would else drop every one.
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
  /** Until when the newest due picture waits for the rest of its backlog. */
  #holdUntil = Number.NEGATIVE_INFINITY;
  #epoch: number | undefined;

  /** @param output gets the frames, and the close */
  constructor(output: Sink<T>, options: FrameSchedulerOptions) {
    this.#output = output;
    this.#clock = options.clock;
    this.#pacing = options.pacing ?? "asap";
    this.#queueLimit = options.queueLimit ?? 8;
    this.#timeline = new PlayoutTimeline(fromMilliseconds(options.maxDelayMs ?? 200));
  }

  /** Frames waiting to be due. */
  get queueSize(): number {
    return this.#queue.length;
  }

  /** How long pictures that came without any delay are held at present; 0 with `asap`. */
  get delay(): Microseconds {
    return this.#timeline.delay;
  }

  /** What became of the frames so far. */
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

  /**
   * Passes the newest waiting frame on, so that it stays in view, drops the others, and closes the
   * output.
   */
  close(reason?: Error): void {
    this.#cancelTimer?.();
    const newest = this.#queue.pop();
    this.#drop(this.#queue.length);
    if (newest) this.#present(newest.frame);
    this.#output.close(reason);
  }

  /** Presents what is due and sets the timer for what comes next. */
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

import { describe, expect, test } from "vitest";
import { TestFrame } from "../../../test/display/pictures.js";
import type { Frame } from "../../core/frame.js";
import { type CancelTimer, type Clock, type Microseconds, microseconds } from "../../core/time.js";
import { FrameScheduler, type FrameSchedulerOptions } from "./frame-scheduler.js";

/**
 * Time that passes when the test says so; timers fire on whole milliseconds, as those of Node do.
 */
class FakeClock implements Clock {
  #now = 5_000_000;
  readonly #timers = new Set<{ at: number; fire: () => void }>();

  now(): Microseconds {
    return microseconds(this.#now);
  }

  startTimer(delay: Microseconds, fire: () => void): CancelTimer {
    const timer = { at: this.#now + Math.max(1, Math.floor(delay / 1000)) * 1000, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Time passes, but the event loop is busy: no timer fires. */
  block(ms: number): void {
    this.#now += ms * 1000;
  }

  advanceTo(time: number): void {
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= time).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
    this.#now = Math.max(this.#now, time);
  }
}

interface Presented {
  readonly at: number;
  readonly timestamp: number;
}

/**
 * A scheduler that notes what it presents, fed with pictures that arrive at given times. Times in
 * ms from the start.
 */
class Stage {
  readonly clock = new FakeClock();
  readonly start = this.clock.now();
  readonly presented: Presented[] = [];
  readonly frames: TestFrame[] = [];
  readonly scheduler: FrameScheduler;
  closed: { reason: Error | undefined } | undefined;

  constructor(options: Omit<FrameSchedulerOptions, "clock"> = { pacing: "smooth" }) {
    const output = {
      push: (frame: Frame) => {
        this.presented.push({ at: this.ms(), timestamp: frame.timestamp / 1000 });
        frame.close();
      },
      close: (reason?: Error) => {
        this.closed = { reason };
      },
    };
    this.scheduler = new FrameScheduler(output, { ...options, clock: this.clock });
  }

  ms(): number {
    return (this.clock.now() - this.start) / 1000;
  }

  advanceTo(ms: number): void {
    this.clock.advanceTo(this.start + ms * 1000);
  }

  /** A picture with this timestamp arrives at this moment. */
  arrive(timestamp: number, at: number, epoch = 0): void {
    this.advanceTo(at);
    const planes = [{ offset: 0, stride: 1, height: 1 }];
    const frame = new TestFrame("gray8", 1, 1, planes, new Uint8Array(1), {
      timestamp: timestamp * 1000,
      epoch,
    });
    this.frames.push(frame);
    this.scheduler.push(frame);
  }

  /**
   * Pictures at a steady rate, each late by what `lateness` says; a later one never overtakes an
   * earlier one.
   */
  stream(from: number, to: number, rate: number, lateness: (timestamp: number) => number = () => 0): void {
    let arrival = this.ms();
    for (let i = 0; from + (i * 1000) / rate < to; i++) {
      const timestamp = from + (i * 1000) / rate;
      arrival = Math.max(arrival, timestamp + lateness(timestamp));
      this.arrive(timestamp, arrival);
    }
  }

  /** Longest and shortest time from one picture to the next in a part of the run. */
  intervals(from: number, to: number): { shortest: number; longest: number } {
    const times = this.presented.map(({ at }) => at).filter((at) => at >= from && at < to);
    const gaps = times.slice(1).map((at, i) => at - times[i]!);
    return { shortest: Math.min(...gaps), longest: Math.max(...gaps) };
  }
}

/** Numbers from 0 to 1 that are the same in each run. */
function pseudoRandom(): () => number {
  let state = 1;
  return () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
}

test("with asap pacing, passes each picture on at once", () => {
  const stage = new Stage({});
  stage.stream(0, 1000, 30, () => 40);
  expect(stage.presented.map(({ at, timestamp }) => Math.round(at - timestamp))).toEqual(Array(30).fill(40));
});

describe("smooth", () => {
  test("shows the first picture at once, and pictures that arrive evenly without delay", () => {
    const stage = new Stage();
    stage.stream(0, 5000, 25);
    expect(stage.presented).toHaveLength(125);
    expect(Math.max(...stage.presented.map(({ at, timestamp }) => at - timestamp))).toBe(0);
  });

  test.each([25, 30, 60])("evens out a jitter of 0 to 40 ms at %i pictures/s", (rate) => {
    const stage = new Stage();
    const random = pseudoRandom();
    stage.stream(0, 20_000, rate, () => random() * 40);
    const { shortest, longest } = stage.intervals(2000, 20_000);
    expect(shortest).toBeGreaterThan(1000 / rate - 5);
    expect(longest).toBeLessThan(1000 / rate + 5);
    expect(stage.scheduler.counts.replaced).toBeLessThan(3);
    expect(stage.scheduler.delay / 1000).toBeGreaterThan(30);
    expect(stage.scheduler.delay / 1000).toBeLessThanOrEqual(40);
  });

  test("reduces the delay again when the jitter ends", () => {
    const stage = new Stage();
    const random = pseudoRandom();
    stage.stream(0, 10_000, 30, () => random() * 80);
    expect(stage.scheduler.delay / 1000).toBeGreaterThan(60);
    stage.stream(10_000, 20_000, 30, () => 2);
    expect(stage.scheduler.delay / 1000).toBeLessThan(1);
  });

  test("shows the first and the newest picture of a backlog when joining", () => {
    const stage = new Stage();
    for (let i = 0; i < 60; i++) stage.arrive((i - 57) * 33, i * 1.5);
    stage.stream(3 * 33, 3000, 30);
    expect(stage.presented.slice(0, 2)).toEqual([
      { at: 0, timestamp: -57 * 33 },
      { at: expect.closeTo(98.5, 1), timestamp: 2 * 33 },
    ]);
    expect(stage.scheduler.counts.replaced).toBe(58);
    expect(stage.scheduler.delay).toBe(0);
  });

  test("follows a change from 30 to 60 pictures/s without a pause", () => {
    const stage = new Stage();
    const random = pseudoRandom();
    stage.stream(0, 5000, 30, () => random() * 20);
    stage.stream(5000, 10_000, 60, () => random() * 20);
    expect(stage.scheduler.counts).toEqual({ presented: stage.frames.length - 1, replaced: 0, early: 0 });
    expect(stage.intervals(2000, 5000).longest).toBeLessThan(38);
    expect(stage.intervals(5200, 10_000).longest).toBeLessThan(21);
  });

  test("is live again at once after a stall of 500 ms, with no more delay than before", () => {
    const stage = new Stage();
    const random = pseudoRandom();
    const stalled = (timestamp: number) => (timestamp >= 5000 && timestamp < 5500 ? 5500 - timestamp : 0);
    stage.stream(0, 10_000, 30, (timestamp) => Math.max(random() * 20, stalled(timestamp)));
    const before = stage.presented.filter(({ at }) => at > 3000 && at < 5000);
    const after = stage.presented.filter(({ at }) => at > 5520);
    const worst = (pictures: Presented[]) => Math.max(...pictures.map(({ at, timestamp }) => at - timestamp));
    expect(worst(after)).toBeLessThan(worst(before) + 3);
    expect(stage.intervals(5520, 10_000).longest).toBeLessThan(38);
    expect(stage.scheduler.counts.replaced).toBeGreaterThan(10);
  });

  test("never holds a picture for longer than the bound, at any jitter", () => {
    const stage = new Stage({ pacing: "smooth", maxDelayMs: 50 });
    const random = pseudoRandom();
    const arrivals = new Map<number, number>();
    for (let i = 0, at = 0; i < 600; i++) {
      at = Math.max(at, i * 33.3 + random() * 240);
      arrivals.set(i * 33.3, at);
      stage.arrive(i * 33.3, at);
    }
    for (const { at, timestamp } of stage.presented) {
      const [, arrival] = [...arrivals].find(([sent]) => Math.abs(sent - timestamp) < 0.01)!;
      expect(at - arrival).toBeLessThan(52);
    }
  });

  test.each([
    ["a slow", 1.001],
    ["a fast", 0.999],
  ])("follows %s sender's clock for ten minutes without growth", (_, speed) => {
    const stage = new Stage();
    const random = pseudoRandom();
    for (let i = 0; i < 18_000; i++) stage.arrive(i * 33.3, i * 33.3 * speed + random() * 10);
    const latest = stage.presented.at(-1)!;
    expect(latest.at - latest.timestamp * speed).toBeLessThan(20);
    expect(stage.scheduler.queueSize).toBeLessThan(3);
    expect(stage.scheduler.counts.replaced).toBeLessThan(3);
    expect(stage.intervals(10_000, 600_000).longest).toBeLessThan(40);
  });

  test.each([
    ["forward", 100_000],
    ["back", -100_000],
    ["back by less than a second", -600],
  ])("starts again when timestamps jump %s", (_, jump) => {
    const stage = new Stage();
    stage.stream(0, 2000, 25);
    for (let i = 50; i < 100; i++) stage.arrive(i * 40 + jump, i * 40);
    const after = stage.presented.filter(({ at }) => at >= 2000);
    expect(after).toHaveLength(50);
    expect(Math.max(...after.map(({ at, timestamp }) => at - timestamp + jump))).toBeLessThan(2);
  });

  test("starts again with another sender", () => {
    const stage = new Stage();
    const random = pseudoRandom();
    stage.stream(0, 5000, 30, () => random() * 40);
    stage.arrive(5000, 5000, 1);
    expect(stage.presented.at(-1)).toEqual({ at: 5000, timestamp: 5000 });
    expect(stage.scheduler.queueSize).toBe(0);
  });

  test("shows a picture every 100 ms if the source never stops catching up", () => {
    const stage = new Stage();
    for (let i = 0; i < 1000; i++) stage.arrive(i * 40, i * 4);
    expect(stage.intervals(0, 4000).longest).toBeLessThan(106);
  });

  test("lets the oldest picture of a full queue out before it is due", () => {
    const stage = new Stage({ pacing: "smooth", queueLimit: 3 });
    const random = pseudoRandom();
    stage.stream(0, 10_000, 60, () => random() * 180);
    expect(stage.scheduler.queueSize).toBeLessThanOrEqual(3);
    expect(stage.scheduler.counts.early).toBeGreaterThan(0);
    expect(stage.intervals(2000, 10_000).longest).toBeLessThan(200);
  });

  test("shows the newest due picture after the program was busy for 200 ms", () => {
    const stage = new Stage();
    const random = pseudoRandom();
    stage.stream(0, 5000, 30, () => random() * 40);
    const before = stage.presented.length;
    stage.clock.block(200);
    for (let i = 0; i < 6; i++) stage.arrive(5000 + i * 33.3, stage.ms());
    stage.advanceTo(5215);
    expect(stage.presented.slice(before).at(-1)!.timestamp).toBeCloseTo(5166.5);
    expect(stage.scheduler.counts.replaced).toBeGreaterThanOrEqual(3);
  });

  test("on close, leaves the newest picture in view, closes the others and passes the reason on", () => {
    const stage = new Stage();
    const random = pseudoRandom();
    stage.stream(0, 4000, 60, () => random() * 40);
    const reason = new Error("gone");
    stage.scheduler.close(reason);
    expect(stage.presented.at(-1)!.timestamp).toBeCloseTo(4000 - 1000 / 60);
    expect(stage.closed).toEqual({ reason });
    expect(stage.frames.every(({ closed }) => closed)).toBe(true);
    stage.advanceTo(6000);
    const { presented, replaced } = stage.scheduler.counts;
    expect(presented + replaced).toBe(stage.frames.length);
    expect(stage.presented).toHaveLength(presented);
  });
});

import { describe, expect, it } from "vitest";
import { Random } from "../../../test/support/random.js";
import { fromMilliseconds, microseconds } from "../../core/time.js";
import { PlayoutTimeline } from "./playout-timeline.js";

const maxDelayMs = 200;
/** The sender's clock and ours have different zeros. */
const offsetMs = 70_000;

/** Pictures at 25 per second that arrive `lateMs` after the quickest way. */
function play(
  lateMs: readonly number[],
  timeline = new PlayoutTimeline(fromMilliseconds(maxDelayMs)),
  first = 0,
) {
  const results = lateMs.map((late, index) => {
    const timestamp = (first + index) * 40;
    const arrival = timestamp + offsetMs + late;
    const { due, backlog } = timeline.arrive(fromMilliseconds(timestamp), fromMilliseconds(arrival));
    return { heldMs: Math.round(due / 1000 - arrival), dueMs: due / 1000 - timestamp - offsetMs, backlog };
  });
  return { results, timeline };
}

const repeat = (value: number, count: number) => Array<number>(count).fill(value);

describe("PlayoutTimeline", () => {
  it("shows the first picture when it comes, and holds none while all take the same time", () => {
    const { results, timeline } = play(repeat(0, 50));
    expect(results.every(({ heldMs, backlog }) => heldMs === 0 && !backlog)).toBe(true);
    expect(timeline.delay).toBe(0);
  });

  it("holds pictures so that 95 of 100 are on time, and evenly apart", () => {
    const random = new Random(1);
    const { results } = play(Array.from({ length: 400 }, () => random.between(0, 30)));
    const settled = results.slice(200);
    const late = settled.filter(({ heldMs }) => heldMs < 0).length;
    expect(late / settled.length).toBeLessThanOrEqual(0.08);
    const dues = settled.map(({ dueMs }) => dueMs);
    expect(Math.max(...dues) - Math.min(...dues)).toBeLessThan(10);
  });

  it("never holds a picture for longer than it may", () => {
    const random = new Random(2);
    const { results } = play(Array.from({ length: 400 }, () => random.between(0, 240)));
    expect(Math.max(...results.map(({ heldMs }) => heldMs))).toBeLessThanOrEqual(maxDelayMs);
  });

  it("grows its delay at once and shrinks it by at most 50 ms per second", () => {
    const { timeline } = play(repeat(0, 20));
    play(repeat(60, 20), timeline, 20);
    expect(timeline.delay / 1000).toBeCloseTo(60, 0);
    const before = timeline.delay;
    play(repeat(0, 25), timeline, 40);
    expect(before - timeline.delay).toBeLessThanOrEqual(50_000);
    play(repeat(0, 200), timeline, 65);
    expect(timeline.delay).toBe(0);
  });

  it("follows a sender's clock that runs slower than ours", () => {
    // 100 ppm: 4 µs per picture.
    const { results } = play(Array.from({ length: 20_000 }, (_, index) => index * 0.004));
    expect(results.slice(-100).every(({ heldMs }) => Math.abs(heldMs) <= 2)).toBe(true);
  });

  it("learns nothing from one picture that a stall delayed, nor from the bunch after it", () => {
    const { timeline } = play(repeat(0, 50));
    const stalled = play([400, 360, 320, 280, 240, 200, 160, 120, 80, 40, 0], timeline, 50);
    expect(stalled.results.slice(1, 8).every(({ backlog }) => backlog)).toBe(true);
    play(repeat(0, 50), timeline, 61);
    expect(timeline.delay).toBeLessThan(fromMilliseconds(50));
  });

  it("begins again when the sender's clock jumps", () => {
    const { timeline } = play(repeat(0, 50));
    const { results } = play(repeat(-5000, 20), timeline, 50);
    expect(results[0]).toEqual({ heldMs: 0, dueMs: -5000, backlog: false });
    expect(results.at(-1)!.heldMs).toBe(0);
  });

  it("forgets everything for another sender", () => {
    const { timeline } = play([0, 80, 0, 80, 0, 80]);
    expect(timeline.delay).toBeGreaterThan(0);
    timeline.reset();
    expect(timeline.delay).toBe(0);
    const { due } = timeline.arrive(microseconds(0), microseconds(123));
    expect(due).toBe(123);
  });
});

import { expect, it } from "vitest";
import type { DelaySecond } from "../../dashboard/src/stream/delay-history.js";
import { topOfScale } from "../../dashboard/src/stream/delay-scale.js";

const second = (shown: number, p95 = shown, isJoining = false): DelaySecond => ({
  complete: 0,
  received: 0,
  decoded: 0,
  shown,
  p95,
  isJoining,
});

it("the axis fits usual delays, and is no finer than 40 ms", () => {
  expect(topOfScale([])).toBe(40);
  expect(topOfScale([second(5, 8), second(6, 9)])).toBe(40);
  expect(topOfScale([second(100), second(90)])).toBeCloseTo(115);
});

it("the spike of joining stays out of it, however short the history is", () => {
  expect(topOfScale([second(900, 1400, true), second(80, 300, true), second(5, 8)])).toBe(40);
});

it("a single bad second may exceed it", () => {
  expect(topOfScale([...Array.from({ length: 20 }, () => second(10, 12)), second(20, 900)])).toBe(40);
});

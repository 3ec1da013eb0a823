import { expect, test } from "vitest";
import { fromMilliseconds } from "../../core/time.js";
import { ArrivalWatch } from "./arrival-watch.js";

const at = (seconds: number) => fromMilliseconds(seconds * 1000);

/** Seconds of `until` at which the watch says that nothing comes; it is asked once per second. */
function silentSeconds(arrivals: readonly number[], until: number): number[] {
  const watch = new ArrivalWatch(at(0));
  const waiting = [...arrivals];
  return Array.from({ length: until }, (_, index) => index + 1).filter((second) => {
    while (waiting[0] !== undefined && waiting[0] <= second) watch.note(at(waiting.shift()!));
    return watch.silentSince(at(second)) !== undefined;
  });
}
const every = (gap: number, until: number) =>
  Array.from({ length: Math.floor(until / gap) + 1 }, (_, index) => index * gap);

test("a camera is silent as soon as nothing has come for more than three seconds", () => {
  expect(silentSeconds(every(1 / 30, 10), 20)).toEqual([14, 15, 16, 17, 18, 19, 20]);
  const watch = new ArrivalWatch(at(0));
  watch.note(at(1));
  expect(watch.silentSince(at(9))).toBe(at(1));
});

test("a sender without one picture is silent since it began", () => {
  expect(new ArrivalWatch(at(2)).silentSince(at(8))).toBe(at(2));
});

test("a slow camera is not silent between its pictures once two have come", () => {
  for (const gap of [1, 2, 5, 10, 60, 120]) {
    const silent = silentSeconds(every(gap, 1200), 1200).filter((second) => second > gap);
    expect(silent, `a picture every ${gap} s`).toEqual([]);
  }
});

test("a rate that wavers by half does not make it silent", () => {
  const arrivals: number[] = [];
  for (let second = 0, index = 0; second < 600; second += index++ % 2 === 0 ? 3 : 6) arrivals.push(second);
  expect(silentSeconds(arrivals, 600).filter((second) => second > 6)).toEqual([]);
});

test("after an hour's pause, a screen that moves again is missed within seconds", () => {
  const moving = (from: number) => every(1 / 30, 5).map((second) => from + second);
  const silent = silentSeconds([...moving(0), ...moving(3600)], 3620);
  expect(silent[0]).toBe(9);
  expect(silent.filter((second) => second >= 3600)[0]).toBe(3609);
});

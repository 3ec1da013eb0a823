import { expect, test } from "vitest";
import { microseconds } from "../core/time.js";
import { RestartRule } from "./restart-rule.js";

test("what dies now and then is started at once, what dies again and again after ever longer pauses", () => {
  let seconds = 0;
  const rule = new RestartRule({ now: () => microseconds(seconds * 1e6) });
  const deaths = (count: number) => Array.from({ length: count }, () => rule.died());

  expect(deaths(3)).toEqual([0, 0, 0]);
  const pauses = deaths(8);
  expect(pauses[0]).toBeGreaterThanOrEqual(250);
  expect(pauses.slice(0, 5)).toEqual(pauses.slice(0, 5).sort((a, b) => a - b));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(5000);

  seconds += 10;
  for (let death = 0; death < 20; death++) {
    seconds += 4;
    expect(rule.died()).toBe(0);
  }
  seconds += 1;
  expect(deaths(3)[2]).toBeGreaterThanOrEqual(250);
});

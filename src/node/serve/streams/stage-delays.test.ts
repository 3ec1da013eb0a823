import { expect, test } from "vitest";
import { microseconds } from "../../../core/time.js";
import { StageDelayLog } from "./stage-delays.js";

test("histograms count every picture, however rarely they are read; the summary covers the newest 1024", () => {
  const log = new StageDelayLog();
  expect(log.summary()).toEqual({});
  const add = (count: number, delay: number) => {
    for (let picture = 0; picture < count; picture++) {
      log.add(microseconds(delay), microseconds(2 * delay), microseconds(3 * delay));
    }
  };
  const count = () => log.histograms.relay.lines("delay", "").at(-1);
  add(10, 1_000_000);
  expect(count()).toBe("delay_count{} 10");
  add(3000, 1000);
  expect(count()).toBe("delay_count{} 3010");
  expect(log.histograms.complete.lines("delay", "").at(-2)).toBe("delay_sum{} 26");
  expect(log.summary()).toMatchObject({
    receive: { count: 1024, p50: 1, max: 1 },
    complete: { count: 1024, p50: 2, max: 2 },
    relay: { count: 1024, p50: 3, max: 3 },
  });
});

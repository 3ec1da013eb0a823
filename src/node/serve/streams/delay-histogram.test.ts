import { expect, test } from "vitest";
import { microseconds } from "../../../core/time.js";
import { DelayHistogram } from "./delay-histogram.js";

test("each bucket counts all delays up to its bound, in seconds", () => {
  const histogram = new DelayHistogram();
  for (const delay of [0, 1000, 1001, 40_000, 5_000_000]) histogram.add(microseconds(delay));
  const lines = histogram.lines("delay", 'stage="x"');
  expect(lines.slice(3, 7)).toEqual([
    'delay_bucket{stage="x",le="0.0005"} 1',
    'delay_bucket{stage="x",le="0.001"} 2',
    'delay_bucket{stage="x",le="0.002"} 3',
    'delay_bucket{stage="x",le="0.005"} 3',
  ]);
  expect(lines.slice(-3)).toEqual([
    'delay_bucket{stage="x",le="+Inf"} 5',
    'delay_sum{stage="x"} 5.042001',
    'delay_count{stage="x"} 5',
  ]);
});

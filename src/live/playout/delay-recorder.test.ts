import { describe, expect, it } from "vitest";
import { fromMilliseconds } from "../../core/time.js";
import { DelayRecorder } from "./delay-recorder.js";

describe("DelayRecorder", () => {
  it("has no summary before the first delay", () => {
    expect(new DelayRecorder().summary()).toBeUndefined();
  });

  it("gives percentiles in ms, in whatever order the delays come", () => {
    const recorder = new DelayRecorder();
    for (let ms = 100; ms >= 1; ms--) recorder.add(fromMilliseconds(ms));
    expect(recorder.summary()).toEqual({ count: 100, p50: 51, p95: 96, p99: 100, max: 100 });
  });

  it("sorts by value, not by text", () => {
    const recorder = new DelayRecorder();
    for (const ms of [9, 10, 100]) recorder.add(fromMilliseconds(ms));
    expect(recorder.summary()).toMatchObject({ p50: 10, max: 100 });
  });

  it("replaces the oldest delays by new ones beyond its capacity", () => {
    const recorder = new DelayRecorder(10);
    for (let ms = 1; ms <= 25; ms++) recorder.add(fromMilliseconds(ms));
    expect(recorder.summary()).toMatchObject({ count: 10, p50: 21, max: 25 });
  });

  it("forgets all delays on clear", () => {
    const recorder = new DelayRecorder();
    recorder.add(fromMilliseconds(500));
    recorder.clear();
    expect(recorder.summary()).toBeUndefined();
    recorder.add(fromMilliseconds(2));
    expect(recorder.summary()).toEqual({ count: 1, p50: 2, p95: 2, p99: 2, max: 2 });
  });
});

import { describe, expect, it } from "vitest";
import { accessUnit } from "../../../test/support/h264/access-units.js";
import { fromMilliseconds } from "../../core/time.js";
import { StartForecast } from "./start-forecast.js";

const bytes = (length: number) => new Uint8Array(length);

/** Access units at these times, ms; IDR pictures where `starts` says so. */
function received(
  forecast: StartForecast,
  from: number,
  times: readonly number[],
  starts: readonly number[],
) {
  for (const [index, ms] of times.entries()) {
    const sequence = from + index;
    const picture = { idr: starts.includes(sequence) };
    forecast.received(accessUnit({ sequence, picture, completeAt: fromMilliseconds(ms) }));
  }
}

describe("StartForecast", () => {
  const times = Array.from({ length: 18 }, (_, index) => index * 40);
  const picture = accessUnit({ data: bytes(100) });
  /** Three groups of six, 40 ms from picture to picture; a picture of 100 bytes takes 30 ms. */
  function make() {
    const forecast = new StartForecast();
    received(forecast, 0, times, [0, 6, 12]);
    forecast.decoded(picture, fromMilliseconds(30));
    return forecast;
  }
  const waitMs = (forecast: StartForecast, unit: typeof picture, ms: number) =>
    forecast.waitInsteadOf(unit, fromMilliseconds(ms)) / 1000;

  it("has a start waited for when a picture more would keep it waiting for longer than from picture to picture", () => {
    const forecast = make();
    // Picture 17 came at 680, so the start comes at 720.
    expect(waitMs(forecast, picture, 700)).toBe(0);
    expect(waitMs(forecast, picture, 730)).toBe(0);
    expect(waitMs(forecast, picture, 731)).toBe(29);
  });

  it("goes by the size of the picture", () => {
    expect(waitMs(make(), accessUnit({ data: bytes(300) }), 700)).toBe(60);
    expect(waitMs(make(), accessUnit({ data: bytes(10) }), 750)).toBe(0);
  });

  it("lets nothing wait for a start that did not come in its time", () => {
    expect(waitMs(make(), picture, 760)).toBe(0);
    const forecast = make();
    received(forecast, 18, [720], []);
    expect(waitMs(forecast, picture, 731)).toBe(0);
  });

  it("knows nothing before two starts and a picture of the stream, and of what another sender does", () => {
    const forecast = new StartForecast();
    received(forecast, 0, times.slice(0, 5), [0]);
    forecast.decoded(picture, fromMilliseconds(30));
    expect(waitMs(forecast, picture, 10_000)).toBe(0);
    received(forecast, 5, [200, 240], [5]);
    expect(waitMs(forecast, picture, 420)).toBeGreaterThan(0);
    forecast.received(accessUnit({ epoch: 1, sequence: 7, completeAt: fromMilliseconds(280) }));
    expect(waitMs(forecast, picture, 420)).toBe(0);
  });
});

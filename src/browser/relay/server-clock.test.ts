import { describe, expect, it } from "vitest";
import { fromMilliseconds } from "../../core/time.js";
import { ServerClock } from "./server-clock.js";

describe("ServerClock", () => {
  it("is off by no more than half of the quickest answer's time, however uneven the ways are", () => {
    const clock = new ServerClock();
    const ahead = 5000;
    const ask = (sentAt: number, there: number, back: number) =>
      clock.answer(
        fromMilliseconds(sentAt),
        fromMilliseconds(sentAt + there + ahead),
        fromMilliseconds(sentAt + there + back),
      );
    ask(0, 40, 2);
    ask(100, 1, 3);
    ask(200, 90, 1);
    const off = clock.toLocal(fromMilliseconds(ahead + 1000)) - fromMilliseconds(1000);
    expect(Math.abs(off)).toBeLessThanOrEqual(2000);
  });

  it("begins with what the server says of itself", () => {
    const clock = new ServerClock();
    clock.hint(fromMilliseconds(900), fromMilliseconds(100));
    expect(clock.toLocal(fromMilliseconds(950))).toBe(150_000);
  });

  it("follows a clock that drifts: answers of long ago count no more", () => {
    const clock = new ServerClock();
    for (let at = 0; at < 40; at++) {
      const round = at === 0 ? 1 : 10;
      clock.answer(
        fromMilliseconds(at * 4000),
        fromMilliseconds(at * 4001 + round / 2),
        fromMilliseconds(at * 4000 + round),
      );
    }
    const off = clock.toLocal(fromMilliseconds(40 * 4001)) - fromMilliseconds(40 * 4000);
    expect(Math.abs(off)).toBeLessThan(16_000);
  });
});

import { describe, expect, it } from "vitest";
import { IssueCounter } from "../../dist/core/issues.js";
import { microseconds } from "../../dist/core/time.js";
import type { AccessUnit } from "../../dist/h264/access-unit.js";
import { receiveAccessUnits } from "../../dist/h264/access-units/receive-access-units.js";
import { clip } from "../../tools/faults/clips/clips.mjs";
import { FakeClock } from "../support/fake-clock.js";

/**
 * How many access units of a real clip are given out cut short and corrected, where each tenth
 * stalls for 10 ms. Each is too long to be read without a reason.
 */
function countCorrections(wasSeen: boolean) {
  const clock = new FakeClock();
  const given: AccessUnit[] = [];
  const sink = { push: (unit: AccessUnit) => void given.push(unit), close: () => undefined };
  const { input } = receiveAccessUnits(sink, clock, new IssueCounter(), {
    healCost: () => microseconds(100),
    wasSeen: () => wasSeen,
  });
  const send = (data: Uint8Array) => input.push({ data, receivedAt: clock.now(), framing: "none" });
  const units: AccessUnit[] = clip("large").pictures.map(({ unit }) => unit);
  for (const [index, { data }] of units.entries()) {
    const cut = index % 10 === 9 ? data.length - 1000 : data.length;
    send(data.subarray(0, cut));
    clock.advance(10);
    if (cut < data.length) send(data.subarray(cut));
    clock.advance(23);
  }
  return given.filter(({ corrects }) => corrects).length;
}

describe("after a wrong guess of a picture's end", () => {
  it("that was seen, guesses are looked at: no other picture is given out cut short", () => {
    expect(countCorrections(true)).toBe(1);
  });

  it("that nobody saw, the next guess is as quick", () => {
    expect(countCorrections(false)).toBe(6);
  });
});

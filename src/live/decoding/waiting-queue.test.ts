import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accessUnit } from "../../../test/support/h264/access-units.js";
import { microseconds } from "../../core/time.js";
import { type AccessUnit, memoryOf } from "../../h264/access-unit.js";
import { WaitingQueue, type WaitingQueueBounds } from "./waiting-queue.js";

const unit = (sequence: number, bytes = 0) => accessUnit({ sequence, data: new Uint8Array(bytes) });

/** A queue of access units that wait since `10 * sequence`. */
function queueOf(units: readonly AccessUnit[], bounds?: WaitingQueueBounds): WaitingQueue {
  const queue = new WaitingQueue(bounds);
  for (const each of units) queue.push(each, microseconds(each.sequence * 10));
  return queue;
}

const sequences = (units: readonly AccessUnit[]) => units.map(({ sequence }) => sequence);

describe("WaitingQueue", () => {
  it("gives access units out in order, with the time since when the oldest waits", () => {
    const queue = queueOf([unit(1), unit(2)]);
    expect([queue.first?.sequence, queue.since, queue.length]).toEqual([1, 10, 2]);
    expect(queue.shift()?.sequence).toBe(1);
    expect([queue.first?.sequence, queue.since, queue.length]).toEqual([2, 20, 1]);
    queue.shift();
    expect([queue.first, queue.since, queue.length, queue.shift()]).toEqual([
      undefined,
      undefined,
      0,
      undefined,
    ]);
  });

  it("takes access units out of its middle", () => {
    const queue = queueOf([1, 2, 3, 4, 5].map((sequence) => unit(sequence)));
    expect(sequences(queue.take(1, 3))).toEqual([2, 3]);
    expect(sequences(queue.take(0, queue.length))).toEqual([1, 4, 5]);
  });

  it("counts the memory of exactly those that wait", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), value: fc.nat(5000) }),
      fc.record({
        kind: fc.constantFrom("shift" as const, "correct" as const, "take" as const),
        value: fc.nat(5000),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new WaitingQueue({ maxBytes: 1, maxUnits: 10_000 });
        let model: AccessUnit[] = [];
        for (const [sequence, { kind, value }] of steps.entries()) {
          if (kind === "push") {
            model.push(unit(sequence, value));
            queue.push(model.at(-1)!, microseconds(sequence));
          } else if (kind === "shift") {
            expect(queue.shift()?.sequence).toBe(model.shift()?.sequence);
          } else if (kind === "take") {
            const from = value % (model.length + 1);
            queue.take(from, from + 2);
            model = [...model.slice(0, from), ...model.slice(from + 2)];
          } else if (model.length > 0) {
            const index = value % model.length;
            model[index] = unit(model[index]!.sequence, value);
            expect(queue.correct(model[index]!)).toBe(true);
          }
          const bytes = model.reduce((sum, each) => sum + memoryOf(each), 0);
          expect(queue.isBeyond(bytes)).toBe(false);
          expect(queue.isBeyond(bytes - 1)).toBe(true);
          expect(queue.length).toBe(model.length);
        }
      }),
    );
  });

  it("is beyond its bounds by bytes or by access units, and by part of them", () => {
    const one = memoryOf(unit(0, 1000));
    const bytes = queueOf([unit(1, 1000), unit(2, 1000)], { maxBytes: one * 2 });
    expect([bytes.isBeyond(1), bytes.isBeyond(0.5)]).toEqual([false, true]);
    const units = queueOf([unit(1), unit(2), unit(3)], { maxUnits: 2 });
    expect(units.isBeyond(1)).toBe(true);
    units.clear();
    expect(units.isBeyond(0)).toBe(false);
  });

  it("replaces the access unit that another one corrects, where it waits", () => {
    const queue = queueOf([unit(1), unit(2)]);
    const corrected = unit(2, 500);
    expect(queue.correct(corrected)).toBe(true);
    expect(queue.correct(unit(3))).toBe(false);
    expect([queue.take(1, 2)[0], queue.since]).toEqual([corrected, 10]);
  });

  it("finds the newest that is wanted", () => {
    const queue = queueOf([1, 2, 3].map((sequence) => unit(sequence)));
    expect(queue.findLastIndex(({ sequence }) => sequence < 3)).toBe(1);
    expect(queue.findLastIndex(() => false)).toBe(-1);
  });

  it("spreads what was read at the end of a busy time over that time, and nothing before it", () => {
    const queue = new WaitingQueue();
    queue.push(unit(0), microseconds(50));
    for (const sequence of [1, 2, 3, 4]) queue.push(unit(sequence), microseconds(500));
    queue.spreadOver(microseconds(100), microseconds(500));
    const since: (number | undefined)[] = [];
    for (; queue.length > 0; queue.shift()) since.push(queue.since);
    expect(since).toEqual([50, 200, 300, 400, 500]);
  });
});

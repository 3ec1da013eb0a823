import { describe, expect, expectTypeOf, it } from "vitest";
import { annexB, concat } from "../../../test/support/bytes.js";
import { CollectingSink } from "../../../test/support/collecting-sink.js";
import { FakeClock } from "../../../test/support/fake-clock.js";
import { sets } from "../../../test/support/h264/assembling.js";
import { sliceNal } from "../../../test/support/h264/coded-picture.js";
import { joinBytes } from "../../core/bytes.js";
import { IssueCounter } from "../../core/issues.js";
import { lend, type Passing } from "../../core/passing.js";
import type { AccessUnit, NumberedAccessUnit } from "../../h264/access-unit.js";
import { AccessUnitMemory } from "../../h264/access-units/access-unit-memory.js";
import { receiveAccessUnits } from "../../h264/access-units/receive-access-units.js";
import { LowDelayStream } from "../../h264/order/low-delay-stream.js";
import { AccessUnitCache } from "../decoding/access-unit-cache.js";
import type { DecodeQueue } from "../decoding/decode-queue.js";
import { WaitingQueue } from "../decoding/waiting-queue.js";
import { FinalUnits } from "./final-units.js";
import { GroupNumbering } from "./group-numbering.js";
import { Subscription } from "./subscription.js";

const clock = new FakeClock();
const issues = new IssueCounter();

/** Large enough to fill a block of the memory. */
const slice = (value: number) => concat(sliceNal({ idr: true }), new Uint8Array(50_000).fill(0x10 + value));

describe("Passing", () => {
  it("a kept access unit survives the reuse of its memory; one that was not kept is overwritten", () => {
    const memory = new AccessUnitMemory();
    const views: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    const kept: AccessUnit[] = [];
    const sink = {
      push(unit: Passing<AccessUnit>) {
        views.push(lend(unit.data));
        copies.push(unit.data.slice());
        if (views.length % 2 === 0) kept.push(memory.keep(unit, unit.data));
      },
      close: () => undefined,
    };
    const { input } = receiveAccessUnits(sink, clock, issues, { memory });
    for (let value = 1; value <= 10; value++) {
      const data = annexB(...sets, slice(value));
      input.push({ data, receivedAt: clock.now(), framing: "none" });
    }
    input.close();
    const survived = views.map((view, index) => Buffer.compare(view, copies[index]!) === 0);
    expect(kept.length).toBe(5);
    // Every second one was kept. No later one needed the memory of the ninth.
    expect(survived).toEqual([false, true, false, true, false, true, false, true, true, true]);
  });

  it("caches, queues and subscriptions refuse an item that was not kept, at compile time", () => {
    // Each line below that compiled would fail `npm run check:types`.
    const refused = (unit: Passing<AccessUnit>, item: Passing<NumberedAccessUnit>, queue: DecodeQueue) => {
      // @ts-expect-error A cache holds it.
      new AccessUnitCache().add(unit);
      // @ts-expect-error So does a queue.
      new WaitingQueue().push(unit);
      // @ts-expect-error So does the queue before a decoder.
      queue.push(unit);
      const lasting = new CollectingSink<NumberedAccessUnit>();
      const options = { mayDeliver: () => true, keep: (each: NumberedAccessUnit) => each };
      const subscription = new Subscription(lasting, clock, options);
      // @ts-expect-error A subscription holds it while its viewer has no room.
      subscription.push(item);
      // @ts-expect-error So does what waits for a correction.
      new FinalUnits(lasting).push(item);
      // @ts-expect-error To give it back is not to keep it.
      new Subscription<typeof item, NumberedAccessUnit>(lasting, clock, { ...options, keep: (each) => each });
      // @ts-expect-error The part of an item passes with the item.
      new AccessUnitCache().add(item.unit);
      // @ts-expect-error So do its bytes.
      joinBytes([unit.data]);
    };
    const refusedStages = () => {
      const lasting = new CollectingSink<AccessUnit>();
      // @ts-expect-error What is gathered in a memory passes.
      receiveAccessUnits(lasting, clock, issues, { memory: new AccessUnitMemory() });
      // @ts-expect-error So does what a stage gives out that was given what passes.
      new LowDelayStream(lasting);
      // @ts-expect-error As above.
      new GroupNumbering(new CollectingSink<NumberedAccessUnit>(), issues);
    };
    expectTypeOf(refused).toBeFunction();
    expectTypeOf(refusedStages).toBeFunction();
    expectTypeOf<Passing<AccessUnit>>().not.toExtend<AccessUnit>();
  });

  it("an item that lasts can be pushed where a passing one is expected", () => {
    const memory = new AccessUnitMemory();
    const sink = new CollectingSink<Passing<NumberedAccessUnit>>();
    const stage = new LowDelayStream(new GroupNumbering(sink, issues));
    const { input } = receiveAccessUnits(stage, clock, issues);
    input.push({ data: annexB(...sets, slice(1)), receivedAt: clock.now(), framing: "none" });
    input.close();
    const [first] = sink.items;
    // A memory that owns none of these bytes has nothing to do.
    expect(memory.keep(first!, first!.unit.data)).toBe(first);
  });
});

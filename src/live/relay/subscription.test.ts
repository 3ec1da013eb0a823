import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CollectingSink } from "../../../test/support/collecting-sink.js";
import { FakeClock } from "../../../test/support/fake-clock.js";
import { disposable, numbered, places } from "../../../test/support/h264/numbered-units.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";
import { Subscription, type SubscriptionDropReason } from "./subscription.js";

function make(options: { maxBytes?: number; maxAgeMs?: number } = {}) {
  const kept: NumberedAccessUnit[] = [];
  const clock = new FakeClock();
  const sink = new CollectingSink<NumberedAccessUnit>();
  const room = { left: Number.POSITIVE_INFINITY };
  const told: string[] = [];
  const reasons: Record<SubscriptionDropReason, number> = { "non-reference": 0, late: 0 };
  const subscription = new Subscription<NumberedAccessUnit>(
    {
      push(item) {
        room.left--;
        sink.push(item);
      },
      close: (reason) => sink.close(reason),
    },
    clock,
    {
      mayDeliver: () => room.left > 0,
      keep: (item) => {
        kept.push(item);
        return item;
      },
      onGap: (count, { group, object }) => told.push(`${count} before ${group}.${object}`),
      onDrop: (reason) => reasons[reason]++,
      ...options,
    },
  );
  return { clock, sink, room, told, reasons, kept, subscription };
}

describe("Subscription", () => {
  it("keeps each item that waits, corrections included, and no other", () => {
    const { room, kept, subscription } = make();
    subscription.push(numbered(0, 0));
    expect(kept).toEqual([]);
    room.left = 0;
    subscription.push(numbered(0, 1));
    subscription.push(numbered(0, 2));
    subscription.push(numbered(0, 2, { corrects: true }));
    expect(places(kept)).toEqual(["0.1", "0.2", "0.2"]);
  });

  it("at any pace of the viewer, everything delivered can be decoded, and what waits is bounded", () => {
    const step = fc.record({
      object: fc.constantFrom("group", "reference", "disposable"),
      room: fc.nat(3),
      ms: fc.nat(200),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { clock, sink, room, told, subscription } = make({ maxBytes: 1000, maxAgeMs: 500 });
        let [group, object] = [0, 0];
        const references = new Map<number, number[]>();
        subscription.push(numbered(0, 0));
        references.set(0, [0]);
        for (const each of steps) {
          room.left = each.room;
          subscription.resume();
          if (each.object === "group") [group, object] = [group + 1, 0];
          else object++;
          if (each.object !== "disposable") references.set(group, [...(references.get(group) ?? []), object]);
          subscription.push(numbered(group, object, each.object === "disposable" ? disposable : {}));
          expect(subscription.queuedBytes).toBeLessThanOrEqual(1000);
          expect(subscription.queuedBytes).toBe(subscription.length * 100);
          clock.advance(each.ms);
        }
        // Of each group: every reference picture from its start to the last one delivered.
        for (const [number, objects] of references) {
          const got = sink.items.filter((item) => item.group === number && item.unit.picture.reference);
          expect(got.map((item) => item.object)).toEqual(objects.slice(0, got.length));
        }
        expect(subscription.delivered).toBe(sink.items.length);
        expect(subscription.delivered + subscription.dropped + subscription.length).toBe(steps.length + 1);
        expect(told.length).toBeLessThanOrEqual(subscription.dropped);
      }),
      { numRuns: 300 },
    );
  });

  it("delivers at once while the viewer has room", () => {
    const { sink, subscription } = make();
    subscription.push(numbered(0, 0));
    subscription.push(numbered(0, 1));
    expect(places(sink.items)).toEqual(["0.0", "0.1"]);
    expect(subscription.length).toBe(0);
  });

  it("queues items while the viewer has no room, and delivers them in order afterwards", () => {
    const { sink, room, subscription } = make();
    room.left = 1;
    for (let object = 0; object < 4; object++) subscription.push(numbered(0, object));
    expect(places(sink.items)).toEqual(["0.0"]);
    room.left = 2;
    subscription.resume();
    expect(places(sink.items)).toEqual(["0.0", "0.1", "0.2"]);
    expect(subscription.length).toBe(1);
  });

  it("drops non-reference pictures first, and reports their number before the next delivery", () => {
    const { sink, room, told, reasons, subscription } = make({ maxBytes: 400 });
    room.left = 0;
    for (let object = 0; object < 5; object++) {
      subscription.push(numbered(0, object, object % 2 === 1 ? disposable : {}));
    }
    room.left = 100;
    subscription.resume();
    expect(places(sink.items)).toEqual(["0.0", "0.2", "0.4"]);
    expect(told).toEqual(["2 before 0.0"]);
    expect(subscription.dropped).toBe(2);
    expect(reasons).toEqual({ "non-reference": 2, late: 0 });
  });

  it("then drops everything before the newest group that waits", () => {
    const { sink, room, clock, told, subscription } = make({ maxAgeMs: 500 });
    room.left = 0;
    for (let group = 0; group < 3; group++) {
      for (let object = 0; object < 3; object++) {
        subscription.push(numbered(group, object));
        clock.advance(100);
      }
    }
    room.left = 100;
    subscription.resume();
    expect(places(sink.items)).toEqual(["2.0", "2.1", "2.2"]);
    expect(told).toEqual(["6 before 2.0"]);
  });

  it("then drops everything until the next group begins", () => {
    const { sink, room, clock, told, reasons, subscription } = make({ maxAgeMs: 500 });
    room.left = 0;
    for (let object = 0; object < 10; object++) {
      subscription.push(numbered(0, object));
      clock.advance(100);
    }
    expect(subscription.length).toBe(0);
    room.left = 100;
    subscription.push(numbered(0, 10));
    expect(places(sink.items)).toEqual([]);
    subscription.push(numbered(1, 0));
    subscription.push(numbered(1, 1));
    expect(places(sink.items)).toEqual(["1.0", "1.1"]);
    expect(told).toEqual(["11 before 1.0"]);
    expect(reasons).toEqual({ "non-reference": 0, late: 11 });
  });

  it("replaces a waiting item by its correction, and delivers the correction of a delivered one", () => {
    const { sink, room, subscription } = make();
    room.left = 1;
    subscription.push(numbered(0, 0));
    subscription.push(numbered(0, 1));
    subscription.push(numbered(0, 1, { corrects: true, data: new Uint8Array(300) }));
    expect(subscription.queuedBytes).toBe(300);
    room.left = 9;
    subscription.resume();
    subscription.push(numbered(0, 1, { corrects: true }));
    expect(places(sink.items)).toEqual(["0.0", "0.1", "0.1"]);
    expect(sink.items[1]?.unit.data).toHaveLength(300);
  });

  it("delivers all that waits on flush, even without room, and reports what it dropped before", () => {
    const { sink, room, told, subscription } = make({ maxBytes: 250 });
    room.left = 0;
    subscription.push(numbered(0, 0));
    subscription.push(numbered(0, 1));
    subscription.push(numbered(1, 0));
    subscription.push(numbered(1, 1));
    subscription.flush();
    expect(places(sink.items)).toEqual(["1.0", "1.1"]);
    expect(told).toEqual(["2 before 1.0"]);
    expect([subscription.length, subscription.queuedBytes]).toEqual([0, 0]);
  });

  it("closes with the reason, and drops what waits", () => {
    const { sink, room, subscription } = make();
    const reason = new Error("stopping");
    room.left = 0;
    subscription.push(numbered(0, 0));
    subscription.close(reason);
    expect(sink.reason).toBe(reason);
    expect(subscription.queuedBytes).toBe(0);
  });
});

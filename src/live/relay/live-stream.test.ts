import { describe, expect, it } from "vitest";
import { CollectingSink } from "../../../test/support/collecting-sink.js";
import { FakeClock } from "../../../test/support/fake-clock.js";
import { numbered, numberedPacking, places } from "../../../test/support/h264/numbered-units.js";
import { IssueCounter } from "../../core/issues.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";
import { AccessUnitMemory } from "../../h264/access-units/access-unit-memory.js";
import { LiveStream } from "./live-stream.js";
import { Subscription } from "./subscription.js";

function make(options = {}) {
  const stream = new LiveStream(numberedPacking, new AccessUnitMemory(), options);
  const sink = new CollectingSink<NumberedAccessUnit>();
  return { stream, sink };
}

/** Pushes objects `from` to `to` of a group. */
function group(
  stream: LiveStream<NumberedAccessUnit, NumberedAccessUnit, NumberedAccessUnit>,
  number: number,
  length: number,
): void {
  for (let object = 0; object < length; object++) stream.push(numbered(number, object));
}

describe("LiveStream", () => {
  it("a subscriber that stops reading changes nothing for the others", () => {
    const { stream, sink } = make();
    const alone = new CollectingSink<NumberedAccessUnit>();
    const clock = new FakeClock();
    const stuck = new Subscription<NumberedAccessUnit>(new CollectingSink(), clock, {
      mayDeliver: () => false,
      keep: (item) => item,
      maxBytes: 1000,
    });
    stream.subscribe(stuck);
    stream.subscribe(sink);
    const reference = new LiveStream(numberedPacking, new AccessUnitMemory());
    reference.subscribe(alone);
    for (let number = 0; number < 20; number++) {
      for (let object = 0; object < 30; object++) {
        const item = numbered(number, object);
        stream.push(item);
        expect(sink.items.at(-1)).toBe(item);
        reference.push(item);
        clock.advance(33);
        expect(stuck.queuedBytes).toBeLessThanOrEqual(1000);
      }
    }
    expect(places(sink.items)).toEqual(places(alone.items));
  });

  it("gives a new subscriber everything since the last random access point at once, then each new item", () => {
    const { stream, sink } = make();
    group(stream, 0, 10);
    group(stream, 1, 3);
    stream.subscribe(sink);
    expect(places(sink.items)).toEqual(["1.0", "1.1", "1.2"]);
    stream.push(numbered(1, 3));
    expect(places(sink.take())).toEqual(["1.0", "1.1", "1.2", "1.3"]);
  });

  it("gives all subscribers the same object", () => {
    const { stream, sink } = make();
    const other = new CollectingSink<NumberedAccessUnit>();
    stream.subscribe(sink);
    stream.subscribe(other);
    group(stream, 0, 2);
    expect(sink.items[1]).toBe(other.items[1]);
  });

  it("ends a subscription without closing the subscriber", () => {
    const { stream, sink } = make();
    const end = stream.subscribe(sink);
    group(stream, 0, 1);
    end();
    end();
    group(stream, 1, 1);
    expect(sink.items).toHaveLength(1);
    expect(sink.closed).toBe(false);
    expect(stream.subscribers).toBe(0);
  });

  it("closes every subscriber with the reason, even one that subscribes later", () => {
    const { stream, sink } = make();
    const reason = new Error("gone");
    stream.subscribe(sink);
    stream.close(reason);
    stream.close();
    expect(sink.reason).toBe(reason);
    const late = new CollectingSink<NumberedAccessUnit>();
    stream.subscribe(late);
    expect(late.reason).toBe(reason);
  });

  it("caches the group before a recovery point until the recovery point's pictures are whole", () => {
    const { stream } = make();
    const recovery = { randomAccess: "recovery-point", recoveryFrameCount: 2 } as const;
    group(stream, 0, 2);
    stream.push(numbered(1, 0, recovery));
    stream.push(numbered(1, 1));
    expect(places(stream.cache)).toEqual(["0.0", "0.1", "1.0", "1.1"]);
    stream.push(numbered(1, 2));
    expect(places(stream.cache)).toEqual(["1.0", "1.1", "1.2"]);
    expect(stream.cachedBytes).toBe(300);
  });

  it("drops that group on time even if the next recovery point comes first", () => {
    const { stream } = make();
    const recovery = { randomAccess: "recovery-point", recoveryFrameCount: 3 } as const;
    group(stream, 0, 1);
    for (let number = 1; number < 10; number++) {
      stream.push(numbered(number, 0, recovery));
      stream.push(numbered(number, 1));
    }
    expect(stream.cache.length).toBeLessThan(10);
    expect(stream.cache[0]?.object).toBe(0);
  });

  it("drops the group of the last publisher when the next one begins its first group", () => {
    const { stream } = make();
    group(stream, 0, 3);
    stream.push(numbered(1, 0, { epoch: 1, randomAccess: "recovery-point", recoveryFrameCount: 9 }));
    expect(places(stream.cache)).toEqual(["1.0"]);
  });

  it("replaces a cached item by its correction, and counts the bytes once", () => {
    const { stream, sink } = make();
    group(stream, 0, 2);
    stream.push(numbered(0, 1, { corrects: true, data: new Uint8Array(250) }));
    stream.push(numbered(0, 2));
    stream.subscribe(sink);
    expect(places(sink.items)).toEqual(["0.0", "0.1", "0.2"]);
    expect(sink.items[1]?.unit.corrects).toBe(true);
    expect(stream.cachedBytes).toBe(450);
  });

  it("drops a group that exceeds the bounds as a whole; subscribers still get all of it", () => {
    for (const options of [{ maxCacheUnits: 5 }, { maxCacheBytes: 599 }]) {
      const issues = new IssueCounter();
      const { stream, sink } = make({ ...options, issues });
      stream.subscribe(sink);
      group(stream, 0, 20);
      expect(places(stream.cache)).toEqual([]);
      const detail =
        "6 access units, 600 bytes since the last random access point exceed the cache: new viewers wait for the next one";
      expect(issues.list()).toEqual([{ code: "group-not-kept", count: 1, detail }]);
      expect(sink.items).toHaveLength(20);
      group(stream, 1, 2);
      expect(places(stream.cache)).toEqual(["1.0", "1.1"]);
    }
  });
});

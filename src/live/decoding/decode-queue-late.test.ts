import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccessUnitSyntax } from "../../../test/support/h264/access-units.js";
import { disposable, idr, makeQueue, unitBytes } from "../../../test/support/queue-before-decoder.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import type { DecodeQueueOptions } from "./decode-queue-options.js";

describe("DecodeQueue, late", () => {
  /** Lets access units wait until they are that old, then the queue look. */
  function late(ms: number, units: readonly AccessUnitSyntax[], options: Partial<DecodeQueueOptions> = {}) {
    const made = makeQueue({ maxLagMs: 100, ...options });
    made.room.isThere = false;
    for (const [sequence, syntax] of units.entries()) made.queue.push(made.unit(sequence, syntax));
    made.clock.advance(ms);
    made.room.isThere = true;
    made.queue.resume();
    made.idle();
    return made;
  }

  /**
   * The same, where decoding has been later than `maxLagMs` for as long: one reference picture is
   * decoded before.
   */
  function lateForLong(ms: number, units: readonly AccessUnitSyntax[]) {
    const made = makeQueue({ maxLagMs: 100 });
    made.room.isThere = false;
    made.queue.push(made.unit(-1, idr));
    for (const [sequence, syntax] of units.entries()) made.queue.push(made.unit(sequence, syntax));
    made.clock.advance(ms - 100);
    made.decoder.onPush = () => {
      made.decoder.onPush = () => {};
      made.clock.advance(100);
    };
    made.room.isThere = true;
    made.queue.resume();
    made.idle();
    expect(made.decoder.calls.shift()).toBe(-1);
    made.decoder.units.shift();
    return made;
  }

  const leftOut = { loopFilters: 0, nonReference: 0, beforeJump: 0, untilRandomAccess: 0 };

  it("never leaves out a single reference picture or its loop filter, however late it is", () => {
    for (const ms of [0, 10, 30, 60, 110, 250, 390, 500, 10_000]) {
      const { decoder } = late(ms, [idr, {}, disposable, {}, {}, idr, {}, disposable, {}, {}]);
      const first = ms < 100 ? 0 : 5;
      const references = [0, 1, 3, 4, 5, 6, 8, 9].filter((sequence) => sequence >= first);
      expect(decoder.calls.filter((call) => references.includes(call as number))).toEqual(references);
      for (const unit of decoder.units) if (unit.picture.reference) expect(unit.leaveOut).toBeUndefined();
    }
  });

  it("reports each dropped reference picture to the decoder, and decodes no half frame", () => {
    const kind = fc.constantFrom("idr", "reference", "disposable", "disposable fields");
    const steps = fc.array(
      fc.record({ kind, waitMs: fc.constantFrom(0, 5, 33, 200), decodeMs: fc.integer({ min: 1, max: 120 }) }),
      {
        maxLength: 120,
      },
    );
    fc.assert(
      fc.property(steps, (coming) => {
        const { decoder, queue, unit, turn, clock, idle } = makeQueue({ maxLagMs: 100, maxUnits: 40 });
        const sent: AccessUnit[] = [];
        const send = (syntax: AccessUnitSyntax) => {
          sent.push(unit(sent.length, syntax));
          queue.push(sent.at(-1)!);
        };
        for (const { kind, waitMs, decodeMs } of coming) {
          decoder.onPush = () => clock.advance(decodeMs);
          if (kind === "disposable fields") {
            send({ picture: { structure: "top-field", reference: false } });
            send({ picture: { structure: "bottom-field", secondField: true, reference: false } });
          } else send(kind === "idr" ? idr : kind === "disposable" ? disposable : {});
          clock.advance(waitMs);
          turn();
        }
        idle();
        // Where decoding was held for a start that did not come.
        clock.advance(10_000);
        idle();
        let next = 0;
        for (const { sequence, picture, discontinuity } of decoder.units) {
          const missing = sent.slice(next, sequence);
          if (missing.some((each) => each.picture.reference)) expect(discontinuity || picture.idr).toBe(true);
          if (picture.secondField) expect(missing).toEqual([]);
          next = sequence + 1;
        }
        const halves = decoder.units.filter(({ picture }) => picture.structure !== "frame");
        expect(halves.filter(({ picture }) => picture.secondField)).toHaveLength(halves.length / 2);
        expect(decoder.units.length + queue.dropped).toBe(sent.length);
      }),
      { numRuns: 300 },
    );
  });

  it("first skips the loop filter of pictures that no other refers to", () => {
    const { decoder, queue } = late(30, [idr, {}, disposable, {}, disposable]);
    expect(decoder.calls).toEqual([0, 1, 2, 3, 4]);
    const none = undefined;
    expect(decoder.units.map((unit) => unit.leaveOut)).toEqual([
      none,
      none,
      "loop-filter",
      none,
      "loop-filter",
    ]);
    expect(queue.leftOut).toEqual({ ...leftOut, loopFilters: 2 });
  });

  it("skips no loop filter when the option forbids it", () => {
    const { decoder, queue } = late(30, [idr, {}, disposable, {}], { skipLoopFilter: false });
    expect(decoder.calls).toEqual([0, 1, 2, 3]);
    expect(decoder.units.every((unit) => unit.leaveOut === undefined)).toBe(true);
    expect(queue.leftOut).toEqual(leftOut);
  });

  it("then drops these pictures, even the oldest, and tells the decoder that they will not come", () => {
    const { decoder, queue, issues } = late(60, [disposable, idr, {}, disposable, {}, disposable]);
    expect(decoder.calls).toEqual([1, 2, 4]);
    expect(decoder.passedOver).toEqual([0, 3, 5]);
    expect(queue.leftOut).toEqual({ ...leftOut, nonReference: 3 });
    expect(queue.dropped).toBe(3);
    expect(issues.count("dropped-late")).toBe(3);
    expect(decoder.units.map(({ discontinuity }) => discontinuity)).toEqual([false, false, false]);
  });

  it("drops both fields of a frame or neither", () => {
    const field = (secondField: boolean, reference: boolean) =>
      ({
        picture: { structure: secondField ? "bottom-field" : "top-field", secondField, reference },
      }) as const;
    const frame = (reference: boolean) => [field(false, reference), field(true, reference)];
    const { decoder } = late(60, [
      idr,
      ...frame(false),
      ...frame(true),
      ...frame(false),
      field(false, false),
    ]);
    // The second field of the last frame may be on its way.
    expect(decoder.calls).toEqual([0, 3, 4, 7]);
    const mixed = late(60, [
      idr,
      field(false, false),
      field(true, true),
      field(false, true),
      field(true, false),
    ]);
    expect(mixed.decoder.calls).toEqual([0, 1, 2, 3, 4]);
  });

  it("passes on the discontinuity of a dropped picture", () => {
    const { decoder } = late(60, [idr, { ...disposable, discontinuity: true }, {}]);
    expect(decoder.units.map(({ discontinuity }) => discontinuity)).toEqual([false, true]);
  });

  it("does not heal a dropped picture", () => {
    const { decoder, queue, unit, idle } = late(60, [idr, {}, { ...disposable, endedBy: "silence" }]);
    queue.push(unit(2, { ...disposable, corrects: true }));
    idle();
    expect(decoder.calls).toEqual([0, 1]);
    expect(queue.healed).toBe(0);
  });

  it("then jumps to the newest random access point that waits", () => {
    const { decoder, queue } = late(110, [idr, {}, {}, idr, {}, {}, idr, {}]);
    expect(decoder.calls).toEqual([6, 7]);
    expect(queue.leftOut).toEqual({ ...leftOut, beforeJump: 6 });
    expect(decoder.units[0]!.discontinuity).toBe(true);
  });

  it("goes on decoding reference pictures while no random access point waits: nothing newer could be shown", () => {
    const { decoder, queue } = late(390, [idr, {}, {}]);
    expect(decoder.calls).toEqual([0, 1, 2]);
    expect(queue.dropped).toBe(0);
  });

  it("finally drops everything until the next random access point", () => {
    const { decoder, queue, unit, idle } = lateForLong(410, [{}, {}, {}, {}]);
    expect(decoder.calls).toEqual([]);
    expect(queue.leftOut).toEqual({ ...leftOut, untilRandomAccess: 4 });
    queue.push(unit(4));
    idle();
    expect(decoder.calls).toEqual([]);
    queue.push(unit(5, idr));
    queue.push(unit(6));
    idle();
    expect(decoder.calls).toEqual([5, 6]);
    expect(decoder.units[0]!.discontinuity).toBe(true);
    expect(decoder.units[1]!.discontinuity).toBe(false);
  });

  it("finally accepts a random access point that takes several frames, if one waits", () => {
    const refresh = { randomAccess: "recovery-point", recoveryFrameCount: 5 } as const;
    expect(lateForLong(390, [{}, {}, refresh, {}]).decoder.calls).toEqual([0, 1, 2, 3]);
    expect(lateForLong(410, [{}, {}, refresh, {}]).decoder.calls).toEqual([2, 3]);
  });

  it("drops nothing after a short stop", () => {
    const { decoder, queue, room, unit, idle, clock } = makeQueue({ maxLagMs: 100 });
    room.isThere = false;
    for (let sequence = 0; sequence < 3; sequence++) queue.push(unit(sequence, sequence ? {} : idr));
    clock.advance(60_000);
    for (let sequence = 3; sequence < 33; sequence++) queue.push(unit(sequence));
    room.isThere = true;
    queue.resume();
    idle();
    expect(decoder.calls).toHaveLength(33);
    expect(queue.dropped).toBe(0);
  });

  it("stops healing when a newer random access point waits", () => {
    const { decoder, queue, unit, idle, clock } = makeQueue({ maxLagMs: 100 });
    for (let sequence = 0; sequence < 8; sequence++) {
      queue.push(unit(sequence, sequence === 0 ? idr : {}));
      idle();
    }
    queue.push(unit(7, { corrects: true }));
    queue.push(unit(8, idr));
    clock.advance(110);
    idle();
    expect(decoder.calls.slice(8)).toEqual(["reset", 0, 8]);
  });

  it("returns to full quality as soon as it has caught up", () => {
    const { decoder, queue, unit, idle, clock } = late(60, [idr, {}, disposable, {}, disposable]);
    const { length } = decoder.units;
    for (let sequence = 5; sequence < 15; sequence++) {
      queue.push(unit(sequence, sequence % 2 ? {} : disposable));
      idle();
      clock.advance(40);
    }
    expect(decoder.units.slice(length).map((each) => each.leaveOut)).toEqual(new Array(10).fill(undefined));
  });

  it("measures the true age of what came while it decoded", () => {
    const { decoder, clock, queue, unit, turn } = makeQueue({ maxLagMs: 100 });
    decoder.onPush = () => clock.advance(80);
    queue.push(unit(0, idr));
    for (const sequence of [1, 2, 3, 4]) queue.push(unit(sequence, disposable));
    turn();
    expect(decoder.passedOver).toEqual([1, 2, 3, 4]);
  });

  it("reports whether a newer picture will replace the latest one", () => {
    const seen: (boolean | string)[] = [];
    const { decoder, queue, room, unit, idle, clock } = makeQueue({
      maxLagMs: 160,
      onLevel: () => seen.push("level"),
    });
    decoder.onPush = () => seen.push(queue.isCatchingUp);
    queue.push(unit(0, idr));
    idle();
    expect(seen).toEqual([false, "level", "level"]);
    room.isThere = false;
    for (let sequence = 1; sequence < 4; sequence++) queue.push(unit(sequence));
    clock.advance(20);
    room.isThere = true;
    queue.resume();
    idle();
    expect(seen.slice(3)).toEqual([true, true, false, "level", "level"]);
  });

  it("drops nothing while it keeps up", () => {
    const { decoder, queue, clock, unit, idle } = makeQueue({ maxLagMs: 100 });
    for (let sequence = 0; sequence < 50; sequence++) {
      queue.push(unit(sequence, sequence % 10 === 0 ? idr : sequence % 2 === 1 ? disposable : {}));
      clock.advance(40);
      idle();
    }
    expect(decoder.calls).toHaveLength(50);
    expect(queue.dropped).toBe(0);
  });

  it("drops nothing without maxLagMs", () => {
    const { decoder, queue, clock, unit, idle, room } = makeQueue();
    room.isThere = false;
    for (let sequence = 0; sequence < 20; sequence++) queue.push(unit(sequence, sequence ? disposable : idr));
    clock.advance(60_000);
    room.isThere = true;
    queue.resume();
    idle();
    expect(decoder.calls).toHaveLength(20);
  });

  it("stays bounded however long decoding takes", () => {
    const { decoder, queue, clock, unit, turn } = makeQueue({ maxLagMs: 100 });
    decoder.onPush = () => clock.advance(50);
    let most = 0;
    for (let sequence = 0; sequence < 2000; sequence++) {
      queue.push(unit(sequence, sequence % 30 === 0 ? idr : {}));
      // Five come in the time in which one is decoded.
      if (sequence % 5 === 0) turn();
      most = Math.max(most, queue.length);
    }
    expect(most).toBeLessThan(60);
    expect(decoder.calls.length + queue.dropped + queue.length).toBe(2000);
  });

  it("stays bounded when decoding stops for good", () => {
    for (const options of [{ maxBytes: 50 * unitBytes }, { maxUnits: 50 }]) {
      const { queue, clock, unit, room } = makeQueue({ maxLagMs: 100, ...options });
      room.isThere = false;
      let most = 0;
      for (let sequence = 0; sequence < 5000; sequence++) {
        queue.push(unit(sequence, sequence % 30 === 0 ? idr : {}));
        clock.advance(33);
        most = Math.max(most, queue.length);
      }
      expect(most).toBeLessThanOrEqual(50);
      expect(queue.dropped + queue.length).toBe(5000);
    }
  });
});

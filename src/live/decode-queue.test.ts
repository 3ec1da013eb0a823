import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessUnitSyntax, accessUnit } from "../../test/support/access-units.js";
import { FakeClock } from "../../test/support/fake-clock.js";
import { IssueCounter } from "../core/issues.js";
import { type AccessUnit, memoryOf } from "../h264/access-unit.js";
import { DecodeQueue } from "./decode-queue.js";
import type { DecodeQueueOptions } from "./decode-queue-options.js";
import type { Decoder } from "./decoder.js";

/** Writes down what it is told: sequence numbers, and the other calls by name. */
class FakeDecoder implements Decoder {
  readonly queueSize = 0;
  readonly calls: (number | string)[] = [];
  readonly units: AccessUnit[] = [];
  /** Sequence numbers of what it was told to leave out. */
  readonly passedOver: number[] = [];
  reason: Error | undefined;
  onPush = () => {};

  push(unit: AccessUnit): void {
    if (unit.leaveOut === "picture") {
      this.passedOver.push(unit.sequence);
      return;
    }
    this.calls.push(unit.sequence);
    this.units.push(unit);
    this.onPush();
  }
  settle(): void {}
  reset(): void {
    this.calls.push("reset");
  }
  flush(): void {
    this.calls.push("flush");
  }
  close(reason?: Error): void {
    this.calls.push("close");
    this.reason = reason;
  }
}

function makeQueue(options: Partial<DecodeQueueOptions> = {}) {
  const decoder = new FakeDecoder();
  const clock = new FakeClock();
  const issues = new IssueCounter();
  const turns: (() => void)[] = [];
  const room = { isThere: true };
  const queue = new DecodeQueue(decoder, clock, issues, {
    maxLagMs: undefined,
    later: (run) => turns.push(run),
    mayDecode: () => room.isThere,
    ...options,
  });
  /** One turn of the event loop; false when nothing was to be done in it. */
  const turn = () => {
    const due = turns.splice(0);
    for (const run of due) run();
    return due.length > 0;
  };
  const idle = () => {
    while (turn());
  };
  const unit = (sequence: number, syntax: AccessUnitSyntax = {}) =>
    accessUnit({
      sequence,
      data: new Uint8Array(100),
      completeAt: clock.now(),
      lastByteAt: clock.now(),
      ...syntax,
    });
  return { decoder, clock, issues, queue, room, turn, idle, unit };
}

const idr = { picture: { idr: true } } as const;
/** Of what `unit` makes. */
const unitBytes = memoryOf(accessUnit({ data: new Uint8Array(100) }));
const disposable = { picture: { reference: false } } as const;

describe("DecodeQueue", () => {
  it("lets the decoder catch up only when it is quiet and nothing waits", () => {
    const quiet: (() => void)[] = [];
    const { decoder, queue, room, idle, unit } = makeQueue({ whenQuiet: (run) => quiet.push(run) });
    const rest = ["catch up", "catch up"];
    const catching = Object.assign(decoder, {
      catchUp: () => rest.length > 0 && decoder.calls.push(rest.pop()!) > 0,
    });
    queue.push(unit(0, idr));
    idle();
    expect(catching.calls).toEqual([0]);
    room.isThere = false;
    queue.push(unit(1));
    quiet.shift()!();
    idle();
    expect(catching.calls).toEqual([0]);
    room.isThere = true;
    queue.resume();
    idle();
    quiet.shift()!();
    idle();
    expect(catching.calls).toEqual([0, 1, "catch up", "catch up"]);
  });

  it("does not let the decoder catch up between decoding a picture and giving it out", () => {
    const quiet: (() => void)[] = [];
    const { decoder, queue, idle, unit } = makeQueue({ whenQuiet: (run) => quiet.push(run) });
    const rest = ["catch up"];
    Object.assign(decoder, {
      catchUp: () => rest.length > 0 && decoder.calls.push(rest.pop()!) > 0,
      settle: () => decoder.calls.push("settle"),
    });
    queue.push(unit(0, idr));
    idle();
    queue.push(unit(1));
    quiet.shift()!();
    idle();
    expect(decoder.calls).toEqual([0, "settle", 1, "settle"]);
    quiet.shift()!();
    expect(decoder.calls.at(-1)).toBe("catch up");
  });

  it("says when the latest picture may have been seen: a turn after it was decoded", () => {
    const { queue, room, turn, unit } = makeQueue();
    queue.push(unit(0, idr));
    expect(queue.mayHaveGivenOutLatest).toBe(false);
    turn();
    expect(queue.mayHaveGivenOutLatest).toBe(true);
    room.isThere = false;
    queue.push(unit(1));
    turn();
    expect(queue.mayHaveGivenOutLatest).toBe(false);
  });

  it("decodes at once when nothing waits", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    queue.push(unit(0, idr));
    expect(decoder.calls).toEqual([0]);
    idle();
    queue.push(unit(1));
    expect(decoder.calls).toEqual([0, 1]);
  });

  it("decodes one access unit each turn, so that receiving comes between", () => {
    const { decoder, queue, unit, turn } = makeQueue();
    for (let sequence = 0; sequence < 4; sequence++) queue.push(unit(sequence));
    expect(decoder.calls).toEqual([0]);
    expect(queue.length).toBe(3);
    for (const decoded of [2, 3, 4]) {
      turn();
      expect(decoder.calls).toHaveLength(decoded);
    }
    turn();
    expect(turn()).toBe(false);
    expect(decoder.calls).toEqual([0, 1, 2, 3]);
  });

  it("waits while pictures would have no place to go", () => {
    const { decoder, queue, unit, idle, room } = makeQueue();
    room.isThere = false;
    queue.push(unit(0, idr));
    queue.push(unit(1));
    idle();
    expect(decoder.calls).toEqual([]);
    room.isThere = true;
    queue.resume();
    idle();
    expect(decoder.calls).toEqual([0, 1]);
  });

  it("says from when to when decoding kept the thread", () => {
    const busy: number[] = [];
    const { decoder, clock, queue, unit } = makeQueue({ onBusy: (from, to) => busy.push(to - from) });
    decoder.onPush = () => clock.advance(7);
    queue.push(unit(0, idr));
    expect(busy).toEqual([7000]);
  });

  it("flushes the decoder when all that waits is decoded", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    queue.push(unit(0, idr));
    queue.push(unit(1));
    queue.flush();
    expect(decoder.calls).toEqual([0]);
    idle();
    expect(decoder.calls).toEqual([0, 1, "flush"]);
    queue.flush();
    expect(decoder.calls).toEqual([0, 1, "flush", "flush"]);
  });

  it("closes the decoder once, with the reason, after all that waits", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    const reason = new Error("gone");
    queue.push(unit(0, idr));
    queue.push(unit(1));
    queue.close(reason);
    queue.close();
    idle();
    expect(decoder.calls).toEqual([0, 1, "close"]);
    expect(decoder.reason).toBe(reason);
  });

  it("abandoned closes at once, although there is no room for what waits", () => {
    const { decoder, queue, unit, idle, room } = makeQueue();
    room.isThere = false;
    queue.push(unit(0, idr));
    queue.push(unit(1));
    queue.close();
    idle();
    expect(decoder.calls).toEqual([]);
    queue.abandon();
    idle();
    expect(decoder.calls).toEqual(["close"]);
    expect(queue.length).toBe(0);
  });
});

describe("DecodeQueue, full of bytes", () => {
  it("pauses the source, and has it go on below a quarter", () => {
    const told: boolean[] = [];
    const { queue, unit, turn, room } = makeQueue({
      maxBytes: 10 * unitBytes,
      onFull: (full) => told.push(full),
    });
    room.isThere = false;
    for (let sequence = 0; sequence < 10; sequence++) queue.push(unit(sequence));
    expect(told).toEqual([]);
    queue.push(unit(10));
    expect(told).toEqual([true]);
    room.isThere = true;
    queue.resume();
    while (queue.length > 3) turn();
    expect(told).toEqual([true]);
    turn();
    expect(told).toEqual([true, false]);
  });

  it("has the source go on when room is made picture by picture", () => {
    const told: boolean[] = [];
    const { decoder, queue, unit, idle, room } = makeQueue({
      maxBytes: 10 * unitBytes,
      onFull: (full) => told.push(full),
    });
    decoder.onPush = () => {
      room.isThere = false;
    };
    for (let sequence = 0; sequence < 12; sequence++) queue.push(unit(sequence));
    expect(told).toEqual([true]);
    while (queue.length > 2) {
      room.isThere = true;
      queue.resume();
      idle();
    }
    expect(told).toEqual([true, false]);
  });
});

describe("DecodeQueue, full of access units of few bytes", () => {
  it("pauses the source, and has it go on below a quarter", () => {
    const told: boolean[] = [];
    const { queue, unit, turn, room } = makeQueue({ maxUnits: 8, onFull: (full) => told.push(full) });
    room.isThere = false;
    for (let sequence = 0; sequence < 9; sequence++) queue.push(unit(sequence));
    expect(told).toEqual([true]);
    room.isThere = true;
    queue.resume();
    while (queue.length > 3) turn();
    expect(told).toEqual([true]);
    turn();
    expect(told).toEqual([true, false]);
  });
});

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

  /** The same, where decoding has been later than `maxLagMs` for as long: one reference picture is decoded before. */
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

  it("never leaves out a single reference picture, nor its loop filter, however late it is", () => {
    for (const ms of [0, 10, 30, 60, 110, 250, 390, 500, 10_000]) {
      const { decoder } = late(ms, [idr, {}, disposable, {}, {}, idr, {}, disposable, {}, {}]);
      const first = ms < 100 ? 0 : 5;
      const references = [0, 1, 3, 4, 5, 6, 8, 9].filter((sequence) => sequence >= first);
      expect(decoder.calls.filter((call) => references.includes(call as number))).toEqual(references);
      for (const unit of decoder.units) if (unit.picture.reference) expect(unit.leaveOut).toBeUndefined();
    }
  });

  it("tells the decoder of each reference picture that was dropped, and decodes no half of a frame", () => {
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

  it("at first skips the loop filter of pictures that no other refers to", () => {
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

  it("skips no loop filter where that is not wanted", () => {
    const { decoder, queue } = late(30, [idr, {}, disposable, {}], { skipLoopFilter: false });
    expect(decoder.calls).toEqual([0, 1, 2, 3]);
    expect(decoder.units.every((unit) => unit.leaveOut === undefined)).toBe(true);
    expect(queue.leftOut).toEqual(leftOut);
  });

  it("then drops them, also the oldest, and tells the decoder that they will not come", () => {
    const { decoder, queue, issues } = late(60, [disposable, idr, {}, disposable, {}, disposable]);
    expect(decoder.calls).toEqual([1, 2, 4]);
    expect(decoder.passedOver).toEqual([0, 3, 5]);
    expect(queue.leftOut).toEqual({ ...leftOut, nonReference: 3 });
    expect(queue.dropped).toBe(3);
    expect(issues.count("dropped-late")).toBe(3);
    expect(decoder.units.map(({ discontinuity }) => discontinuity)).toEqual([false, false, false]);
  });

  it("drops both fields of a frame or none", () => {
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

  it("passes the loss on that a dropped picture told of", () => {
    const { decoder } = late(60, [idr, { ...disposable, discontinuity: true }, {}]);
    expect(decoder.units.map(({ discontinuity }) => discontinuity)).toEqual([false, true]);
  });

  it("does not heal a dropped picture whose end was guessed wrong", () => {
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

  it("goes on with reference pictures while no random access point waits: nothing newer could be shown", () => {
    const { decoder, queue } = late(390, [idr, {}, {}]);
    expect(decoder.calls).toEqual([0, 1, 2]);
    expect(queue.dropped).toBe(0);
  });

  it("but not for ever: at last all go until the next random access point", () => {
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

  it("at last takes a random access point that needs several frames, if one waits", () => {
    const refresh = { randomAccess: "recovery-point", recoveryFrameCount: 5 } as const;
    expect(lateForLong(390, [{}, {}, refresh, {}]).decoder.calls).toEqual([0, 1, 2, 3]);
    expect(lateForLong(410, [{}, {}, refresh, {}]).decoder.calls).toEqual([2, 3]);
  });

  it("drops nothing after a stop that is over", () => {
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

  it("gives up healing for a newer random access point", () => {
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

  it("has all quality back as soon as it is level", () => {
    const { decoder, queue, unit, idle, clock } = late(60, [idr, {}, disposable, {}, disposable]);
    const { length } = decoder.units;
    for (let sequence = 5; sequence < 15; sequence++) {
      queue.push(unit(sequence, sequence % 2 ? {} : disposable));
      idle();
      clock.advance(40);
    }
    expect(decoder.units.slice(length).map((each) => each.leaveOut)).toEqual(new Array(10).fill(undefined));
  });

  /**
   * Three groups of five, a picture each 33 ms. It takes 30 ms to decode, the last IDR picture 132, so that the four after it wait.
   * Two of them have been decoded at the end, 6 ms before a picture's time from when the next IDR picture should come.
   */
  function shortBeforeStart() {
    const made = makeQueue({ maxLagMs: 60 });
    const { decoder, clock, queue, unit, idle } = made;
    for (let sequence = 0; sequence < 10; sequence++) {
      decoder.onPush = () => clock.advance(30);
      queue.push(unit(sequence, sequence % 5 === 0 ? idr : {}));
      clock.advance(3);
      idle();
    }
    decoder.onPush = () => clock.advance(132);
    queue.push(unit(10, idr));
    decoder.onPush = () => clock.advance(30);
    for (let sequence = 11; sequence < 15; sequence++) queue.push(unit(sequence));
    idle();
    expect(decoder.calls.slice(10)).toEqual([10, 11, 12]);
    return made;
  }

  it("so late that it jumps, keeps no random access point waiting for a picture of the group before", () => {
    const { decoder, clock, queue, unit, idle } = shortBeforeStart();
    clock.advance(2);
    queue.push(unit(15, idr));
    idle();
    expect(decoder.calls.slice(10)).toEqual([10, 11, 12, 15]);
    expect(queue.leftOut).toEqual({ ...leftOut, beforeJump: 2 });
  });

  it("goes on when the random access point does not come in its time", () => {
    const { decoder, clock, queue, unit, idle } = shortBeforeStart();
    clock.advance(5);
    idle();
    expect(decoder.calls).toHaveLength(13);
    clock.advance(1);
    idle();
    expect(decoder.calls.slice(10)).toEqual([10, 11, 12, 13, 14]);
    queue.push(unit(15));
    idle();
    expect(decoder.calls).toHaveLength(16);
    expect(queue.dropped).toBe(0);
  });

  it("goes on when the sender is gone", () => {
    for (const end of ["flush", "close"] as const) {
      const { decoder, queue, idle } = shortBeforeStart();
      queue[end]();
      idle();
      expect(decoder.calls.slice(13)).toEqual([13, 14, end]);
    }
  });

  it("feels what came while it decoded, and was read after that, as late as it is", () => {
    const { decoder, clock, queue, unit, turn } = makeQueue({ maxLagMs: 100 });
    decoder.onPush = () => clock.advance(80);
    queue.push(unit(0, idr));
    for (const sequence of [1, 2, 3, 4]) queue.push(unit(sequence, disposable));
    turn();
    expect(decoder.passedOver).toEqual([1, 2, 3, 4]);
  });

  it("says when a newer picture will replace the one given out, and when none will", () => {
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

  it("without maxLagMs never drops", () => {
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

  it("stays bounded when decoding stops for ever", () => {
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

describe("DecodeQueue, told that the end of a picture was guessed wrong", () => {
  it("replaces an access unit that still waits: nothing has to be healed", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    queue.push(unit(0, idr));
    queue.push(unit(1, { endedBy: "silence" }));
    queue.push(unit(1, { corrects: true, data: new Uint8Array(200) }));
    idle();
    expect(decoder.calls).toEqual([0, 1]);
    expect(decoder.units[1]!.data).toHaveLength(200);
    expect(queue.healed).toBe(0);
  });

  it("decodes again from the last random access point, one each turn, then what has come since", () => {
    const { decoder, queue, unit, idle, turn } = makeQueue();
    for (let sequence = 0; sequence < 5; sequence++) {
      queue.push(unit(sequence, sequence === 2 ? idr : {}));
      idle();
    }
    queue.push(unit(4, { corrects: true, data: new Uint8Array(200) }));
    queue.push(unit(5));
    expect(decoder.calls).toEqual([0, 1, 2, 3, 4, "reset", 2]);
    turn();
    expect(decoder.calls.slice(6)).toEqual([2, 3]);
    idle();
    expect(decoder.calls.slice(6)).toEqual([2, 3, 4, 5]);
    expect(decoder.units.at(-2)!.data).toHaveLength(200);
    expect(queue.healed).toBe(1);
  });

  it("takes a further correction of what is still to be decoded again", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    for (let sequence = 0; sequence < 3; sequence++) {
      queue.push(unit(sequence, sequence === 0 ? idr : {}));
      idle();
    }
    queue.push(unit(2, { corrects: true, data: new Uint8Array(200) }));
    queue.push(unit(2, { corrects: true, data: new Uint8Array(300) }));
    idle();
    expect(decoder.calls.slice(3)).toEqual(["reset", 0, 1, 2]);
    expect(decoder.units.at(-1)!.data).toHaveLength(300);
    expect(queue.healed).toBe(1);
  });

  it("waits for the next random access point when the cache has none to start at", () => {
    const { decoder, queue, unit, idle } = makeQueue({ cache: { maxUnits: 1 } });
    queue.push(unit(0, idr));
    queue.push(unit(1));
    idle();
    queue.push(unit(1, { corrects: true }));
    queue.push(unit(2));
    idle();
    expect(decoder.calls).toEqual([0, 1, "reset"]);
    queue.push(unit(3, idr));
    idle();
    expect(decoder.calls).toEqual([0, 1, "reset", 3]);
  });

  it("tells the decoder of the loss where the stream has no random access points", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    queue.push(unit(0));
    idle();
    queue.push(unit(0, { corrects: true }));
    queue.push(unit(1));
    idle();
    expect(decoder.calls).toEqual([0, "reset", 1]);
    expect(decoder.units.at(-1)!.discontinuity).toBe(true);
  });

  it("drops nothing of what it decodes again", () => {
    const { decoder, queue, unit, idle, clock } = makeQueue({ maxLagMs: 100 });
    for (let sequence = 0; sequence < 4; sequence++) {
      queue.push(unit(sequence, sequence === 0 ? idr : {}));
      idle();
    }
    clock.advance(5000);
    queue.push(unit(3, { corrects: true }));
    idle();
    expect(decoder.calls.slice(4)).toEqual(["reset", 0, 1, 2, 3]);
    expect(queue.dropped).toBe(0);
  });

  it("knows what healing would cost", () => {
    const { decoder, clock, queue, unit, idle } = makeQueue();
    expect(queue.healCost).toBe(Number.POSITIVE_INFINITY);
    decoder.onPush = () => clock.advance(4);
    for (let sequence = 0; sequence < 200; sequence++) {
      queue.push(unit(sequence, sequence % 100 === 0 ? idr : {}));
      idle();
    }
    expect(queue.healCost / 1000).toBeGreaterThan(300);
    expect(queue.healCost / 1000).toBeLessThan(500);
  });
});

import { describe, expect, it } from "vitest";
import { type AccessUnitSyntax, accessUnit } from "../../test/support/access-units.js";
import { FakeClock } from "../../test/support/fake-clock.js";
import { IssueCounter } from "../core/issues.js";
import type { AccessUnit } from "../h264/access-unit.js";
import { DecodeQueue, type DecodeQueueOptions } from "./decode-queue.js";
import type { Decoder } from "./decoder.js";

/** Writes down what it is told: sequence numbers, and the other calls by name. */
class FakeDecoder implements Decoder {
  readonly queueSize = 0;
  readonly calls: (number | string)[] = [];
  readonly units: AccessUnit[] = [];
  reason: Error | undefined;
  onPush = () => {};

  push(unit: AccessUnit): void {
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
const disposable = { picture: { reference: false } } as const;

describe("DecodeQueue", () => {
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
    const { queue, unit, turn, room } = makeQueue({ fullBytes: 1000, onFull: (full) => told.push(full) });
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
      fullBytes: 1000,
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

describe("DecodeQueue, behind by more than maxLagMs", () => {
  /** Lets access units wait until they are too old, then the queue look. */
  function behind(sequences: readonly AccessUnitSyntax[], ms = 150) {
    const made = makeQueue({ maxLagMs: 100 });
    made.room.isThere = false;
    for (const [sequence, syntax] of sequences.entries()) made.queue.push(made.unit(sequence, syntax));
    made.clock.advance(ms);
    made.room.isThere = true;
    made.queue.resume();
    made.idle();
    return made;
  }

  it("drops non-reference pictures first", () => {
    const { decoder, queue, issues } = behind([idr, {}, disposable, {}, disposable]);
    expect(decoder.calls).toEqual([0, 1, 3]);
    expect(queue.dropped).toBe(2);
    expect(issues.count("dropped-late")).toBe(2);
    expect(decoder.units.map(({ discontinuity }) => discontinuity)).toEqual([false, false, false]);
  });

  it("then drops up to the newest random access point", () => {
    const { decoder, queue } = behind([idr, {}, {}, idr, {}, {}, idr, {}]);
    expect(decoder.calls.at(0)).toBe(0);
    expect(decoder.calls).toEqual([0, 6, 7]);
    expect(queue.dropped).toBe(5);
  });

  it("never drops a single reference picture: all go until the next random access point", () => {
    const { decoder, queue, unit, idle } = behind([idr, {}, {}, {}], 250);
    expect(decoder.calls).toEqual([0]);
    expect(queue.dropped).toBe(3);
    queue.push(unit(4));
    idle();
    expect(decoder.calls).toEqual([0]);
    queue.push(unit(5, idr));
    queue.push(unit(6));
    idle();
    expect(decoder.calls).toEqual([0, 5, 6]);
    expect(decoder.units[1]!.discontinuity).toBe(true);
    expect(decoder.units[2]!.discontinuity).toBe(false);
  });

  it("keeps reference pictures that are late, but not by twice as much", () => {
    const { decoder, queue } = behind([idr, {}, {}], 150);
    expect(decoder.calls).toEqual([0, 1, 2]);
    expect(queue.dropped).toBe(0);
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

  it("waits for the next random access point when there is none to start at", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    queue.push(unit(0));
    idle();
    queue.push(unit(0, { corrects: true }));
    queue.push(unit(1));
    idle();
    expect(decoder.calls).toEqual([0, "reset"]);
    queue.push(unit(2, idr));
    idle();
    expect(decoder.calls).toEqual([0, "reset", 2]);
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

import { describe, expect, it } from "vitest";
import { idr, makeQueue, unitBytes } from "../../../test/support/queue-before-decoder.js";

describe("DecodeQueue", () => {
  it("lets the decoder catch up only in quiet moments when nothing waits", () => {
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

  it("does not let the decoder catch up between decoding and output of a picture", () => {
    const quiet: (() => void)[] = [];
    const { decoder, queue, idle, unit } = makeQueue({ whenQuiet: (run) => quiet.push(run) });
    const rest = ["catch up"];
    Object.assign(decoder, {
      catchUp: () => rest.length > 0 && decoder.calls.push(rest.pop()!) > 0,
      confirmEnd: () => decoder.calls.push("confirm"),
    });
    queue.push(unit(0, idr));
    idle();
    queue.push(unit(1));
    quiet.shift()!();
    idle();
    expect(decoder.calls).toEqual([0, "confirm", 1, "confirm"]);
    quiet.shift()!();
    expect(decoder.calls.at(-1)).toBe("catch up");
  });

  it("reports that the latest picture may have been seen, one turn after it was decoded", () => {
    const { queue, room, turn, unit } = makeQueue();
    queue.push(unit(0, idr));
    expect(queue.mayHaveOutputLatest).toBe(false);
    turn();
    expect(queue.mayHaveOutputLatest).toBe(true);
    room.isThere = false;
    queue.push(unit(1));
    turn();
    expect(queue.mayHaveOutputLatest).toBe(false);
  });

  it("decodes at once when nothing waits", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    queue.push(unit(0, idr));
    expect(decoder.calls).toEqual([0]);
    idle();
    queue.push(unit(1));
    expect(decoder.calls).toEqual([0, 1]);
  });

  it("decodes one access unit per turn, to receive in between", () => {
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

  it("waits while there is no room for pictures", () => {
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

  it("reports when decoding kept the thread busy", () => {
    const busy: number[] = [];
    const { decoder, clock, queue, unit } = makeQueue({ onBusy: (from, to) => busy.push(to - from) });
    decoder.onPush = () => clock.advance(7);
    queue.push(unit(0, idr));
    expect(busy).toEqual([7000]);
  });

  it("flushes the decoder once everything that waits is decoded", () => {
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

  it("closes the decoder once, with the reason, after decoding everything that waits", () => {
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

  it("closes at once when it is abandoned, even if there is no room for what waits", () => {
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

describe("DecodeQueue, full", () => {
  it.each([
    ["bytes", { maxBytes: 10 * unitBytes }],
    ["access units of few bytes", { maxUnits: 10 }],
  ])("of %s, pauses the source, and has it go on below a quarter", (_what, bound) => {
    const told: boolean[] = [];
    const { queue, unit, turn, room } = makeQueue({ ...bound, onFull: (full) => told.push(full) });
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

  it("lets the source continue when room appears picture by picture", () => {
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

import { describe, expect, it } from "vitest";
import { idr, makeQueue } from "../../../test/support/queue-before-decoder.js";

describe("DecodeQueue, when the end of a picture was guessed wrong", () => {
  it("replaces an access unit that still waits, without healing", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    queue.push(unit(0, idr));
    queue.push(unit(1, { endedBy: "silence" }));
    queue.push(unit(1, { corrects: true, data: new Uint8Array(200) }));
    idle();
    expect(decoder.calls).toEqual([0, 1]);
    expect(decoder.units[1]!.data).toHaveLength(200);
    expect(queue.healed).toBe(0);
  });

  it("takes a correction as new where the one that it replaces did not come", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    queue.push(unit(0, idr));
    queue.push(unit(1, { corrects: true }));
    queue.push(unit(2));
    idle();
    expect(decoder.calls).toEqual([0, 1, 2]);
    expect(queue.healed).toBe(0);
  });

  it("decodes again from the last random access point, one per turn, and then what came since", () => {
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

  it("accepts a further correction of an access unit that it has yet to decode again", () => {
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

  it("waits for the next random access point when the cache has none", () => {
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

  it("reports the loss to the decoder when the stream has no random access points", () => {
    const { decoder, queue, unit, idle } = makeQueue();
    queue.push(unit(0));
    idle();
    queue.push(unit(0, { corrects: true }));
    queue.push(unit(1));
    idle();
    expect(decoder.calls).toEqual([0, "reset", 1]);
    expect(decoder.units.at(-1)!.discontinuity).toBe(true);
  });

  it("drops nothing that it decodes again", () => {
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

  it("knows how long healing would take", () => {
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

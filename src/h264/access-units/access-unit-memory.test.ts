import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AccessUnitMemory, type MemoryBlock } from "./access-unit-memory.js";

const room = 16;

/** Gathers an access unit of `length` bytes, each of them `value`. */
function gather(memory: AccessUnitMemory, length: number, value: number): Uint8Array {
  let start = memory.used + room;
  if (start + length > memory.bytes.length) {
    memory.next(room + length);
    start = room;
  }
  memory.claim(start, start + length);
  const bytes = new Uint8Array(memory.bytes.buffer, start - room, room + length);
  bytes.fill(value);
  return bytes;
}

const isAll = (bytes: Uint8Array, value: number) => bytes.every((byte) => byte === value);

const steps = fc.array(
  fc.record({
    length: fc.oneof(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 50_000, max: 300_000 })),
    wish: fc.constantFrom("nothing", "hold", "hold", "hold", "keep"),
    released: fc.nat(3),
    shrinks: fc.boolean(),
  }),
  { maxLength: 60 },
);

describe("AccessUnitMemory", () => {
  it("never writes to what is held or kept, nor to the room before it", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const memory = new AccessUnitMemory(room);
        const kept: { readonly bytes: Uint8Array; readonly value: number }[] = [];
        let held: { readonly bytes: Uint8Array; readonly value: number; readonly block: MemoryBlock }[] = [];
        for (const [index, { length, wish, released, shrinks }] of all.entries()) {
          const value = index + 1;
          const bytes = gather(memory, length, value);
          if (wish === "keep") {
            memory.keep({ bytes }, bytes);
            kept.push({ bytes, value });
          } else if (wish === "hold") {
            held.push({ bytes, value, block: memory.hold(bytes)! });
          }
          if (shrinks) memory.shrink();
          for (const { block } of held.slice(0, released)) block.release();
          held = held.slice(released);
          for (const { bytes, value } of [...kept, ...held]) expect(isAll(bytes, value)).toBe(true);
        }
      }),
    );
  });

  it("uses blocks again once they are released", () => {
    const memory = new AccessUnitMemory(room);
    const buffers = new Set<ArrayBufferLike>();
    let held: MemoryBlock[] = [];
    for (let group = 0; group < 20; group++) {
      const before = held;
      held = [];
      for (let picture = 0; picture < 100; picture++) {
        const bytes = gather(memory, 5000, picture);
        buffers.add(bytes.buffer);
        held.push(memory.hold(bytes)!);
        if (picture > 0) continue;
        memory.shrink();
        for (const block of before) block.release();
      }
    }
    // A group needs 8 blocks.
    expect(buffers.size).toBeLessThanOrEqual(8 + 2);
  });

  it("gives up the blocks that only one large group needed", () => {
    const memory = new AccessUnitMemory(room);
    gather(memory, 4_000_000, 1);
    for (let count = 0; count < 10; count++) {
      const block = memory.hold(gather(memory, 60_000, 2))!;
      gather(memory, 60_000, 3);
      block.release();
    }
    expect(memory.spareBytes).toBeGreaterThan(4_000_000);
    memory.shrink();
    expect(memory.spareBytes).toBeLessThanOrEqual(2 * 64 * 1024);
  });

  it("ignores bytes of other memory", () => {
    const memory = new AccessUnitMemory(room);
    gather(memory, 100, 1);
    expect(memory.hold(new Uint8Array(100))).toBeUndefined();
  });
});

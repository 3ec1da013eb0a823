import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AccessUnitMemory } from "../../h264/access-units/access-unit-memory.js";
import { PackedItems, type Packing } from "./packed-items.js";

interface Item {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const packing: Packing<Item, Item, string> = {
  bytes: ({ bytes }) => bytes,
  shared: ({ name }) => name,
  unpack: (bytes, name) => ({ name, bytes }),
};

const item = (name: string, length: number): Item => ({
  name,
  bytes: Uint8Array.from({ length }, (_, index) => name.charCodeAt(0) + index),
});

interface Step {
  readonly kind: string;
  readonly length: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("push"), length: fc.nat(30_000) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("replaceLast"), length: fc.nat(30_000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("dropFirst"), length: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear"), length: fc.constant(0) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("list"), length: fc.constant(0) }) },
  ),
  { maxLength: 60 },
);

describe("PackedItems", () => {
  it("lists what was pushed, and a list never changes afterwards", () => {
    fc.assert(
      fc.property(steps, (all) => {
        check(new PackedItems(packing, new AccessUnitMemory()), all, (made) => made);
      }),
    );
  });

  it("lists the same objects until an item is pushed", () => {
    const packed = new PackedItems(packing, new AccessUnitMemory());
    packed.push(item("a", 10));
    const list = packed.list();
    expect(packed.list()).toBe(list);
    packed.push(item("b", 10));
    expect(packed.list()[0]).toEqual(list[0]);
    expect(packed.length).toBe(2);
  });
});

describe("PackedItems in memory that is used again", () => {
  it("lists what was pushed, and a list never changes afterwards", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const memory = new AccessUnitMemory();
        const inMemory = (made: Item): Item => {
          if (memory.used + made.bytes.length > memory.bytes.length) memory.next(made.bytes.length);
          const start = memory.used;
          const bytes = memory.claim(start, start + made.bytes.length);
          bytes.set(made.bytes);
          return { ...made, bytes };
        };
        check(new PackedItems(packing, memory), all, inMemory);
      }),
    );
  });
});

/**
 * Takes the steps and looks whether `packed` does what an array does; `lie` puts an item where it
 * is to lie.
 */
function check(
  packed: PackedItems<Item, Item, string>,
  all: readonly Step[],
  lie: (made: Item) => Item,
): void {
  let expected: Item[] = [];
  const given: { readonly list: readonly Item[]; readonly was: Item[] }[] = [];
  for (const [index, { kind, length }] of all.entries()) {
    const next = item(String.fromCharCode(index + 1), length);
    if (kind === "push") {
      packed.push(lie(next));
      expected.push(next);
    } else if (kind === "replaceLast" && expected.length > 0) {
      packed.replaceLast(lie(next));
      expected[expected.length - 1] = next;
    } else if (kind === "dropFirst") {
      const count = Math.min(length, expected.length);
      packed.dropFirst(count);
      expected.splice(0, count);
    } else if (kind === "clear") {
      packed.clear();
      expected = [];
    } else if (kind === "list") {
      given.push({ list: packed.list(), was: [...expected] });
    }
    expect(packed.length).toBe(expected.length);
    expect(packed.bytes).toBe(expected.reduce((sum, { bytes }) => sum + bytes.length, 0));
  }
  given.push({ list: packed.list(), was: expected });
  for (const { list, was } of given) expect(isSame(list, was)).toBe(true);
}

function isSame(list: readonly Item[], expected: readonly Item[]): boolean {
  return (
    list.length === expected.length &&
    list.every(({ name, bytes }, index) => {
      const other = expected[index]!;
      return (
        name === other.name &&
        bytes.length === other.bytes.length &&
        bytes.every((byte, at) => byte === other.bytes[at])
      );
    })
  );
}

import { concat } from "../support/bytes.js";
import type { Random } from "../support/random.js";

type ByteMutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/** Sequences that mean something in a byte stream (B.1, 7.4.1). */
const tricks = [
  [0, 0, 1],
  [0, 0, 0, 1],
  [0, 0, 3],
  [0, 0, 3, 1],
  [0, 0, 0],
  [0, 0, 2],
  [0, 0, 3, 0, 0, 3],
  [0, 0, 1, 0],
  [0, 0, 1, 9, 0xf0],
  [0, 0, 1, 10],
  [0, 0, 1, 11],
  [0xff, 0xff, 0xff, 0xff],
  [0x80, 0, 0, 3],
].map((trick) => Uint8Array.from(trick));

const mutations: readonly ByteMutation[] = [
  function flipBit(bytes, random) {
    const copy = bytes.slice();
    copy[random.below(copy.length)]! ^= 1 << random.below(8);
    return copy;
  },
  function setByte(bytes, random) {
    const copy = bytes.slice();
    copy[random.below(copy.length)] = random.pick([0, 1, 3, 0x7f, 0x80, 0xff, random.below(256)]);
    return copy;
  },
  function insert(bytes, random) {
    const at = random.below(bytes.length + 1);
    return concat(bytes.subarray(0, at), random.bytes(random.size(64)), bytes.subarray(at));
  },
  function injectTrick(bytes, random) {
    const at = random.below(bytes.length + 1);
    return concat(bytes.subarray(0, at), random.pick(tricks), bytes.subarray(at));
  },
  function remove(bytes, random) {
    const at = random.below(bytes.length);
    return concat(bytes.subarray(0, at), bytes.subarray(at + random.size(bytes.length)));
  },
  function duplicate(bytes, random) {
    const [from, to] = part(bytes, random);
    return concat(bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to));
  },
  function fill(bytes, random) {
    const [from, to] = part(bytes, random);
    return bytes.slice().fill(random.pick([0, 0, 0xff, random.below(256)]), from, to);
  },
  function noise(bytes, random) {
    const copy = bytes.slice();
    const [from, to] = part(bytes, random);
    copy.set(random.bytes(to - from), from);
    return copy;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, 1 + random.below(bytes.length));
  },
  function splice(bytes, random, other) {
    return concat(
      bytes.subarray(0, random.below(bytes.length)),
      other.subarray(random.below(other.length + 1)),
    );
  },
];

/** Changes bytes without a look at what they mean. */
export function mutateBytes(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  return bytes.length === 0 ? bytes : random.pick(mutations)(bytes, random, other);
}

function part(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.below(bytes.length);
  return [from, Math.min(bytes.length, from + random.size(4096))];
}

import type { Framing } from "../../src/core/chunk.js";
import { annexB, concat } from "../support/bytes.js";
import { Random } from "../support/random.js";
import type { BaseStream } from "./base-streams.js";
import { hostileStream } from "./hostile.js";
import { mutateBytes } from "./mutate-bytes.js";
import { mutateSyntax, splitNalUnits } from "./mutate-syntax.js";

/** One input of a target: bytes, and how they arrive. */
export interface FuzzInput {
  /** What it was made from, for people. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly framing: Framing;
  /** Seed of the places where the bytes are cut into chunks, and of the pauses between them. */
  readonly arrival: number;
}

/**
 * NAL units of a base stream that an input is made from: a few pictures, so that many inputs fit in
 * an hour.
 */
const mostNalUnits = 48;

/** The input of that number: the same for the same seed and the same base streams. */
export function makeInput(bases: readonly BaseStream[], seed: number, number: number): FuzzInput {
  const random = new Random(seed, number);
  const { name, bytes } = random.chance(0.15) ? hostileStream(random) : mutated(bases, random);
  return {
    name,
    bytes,
    framing: random.pick(["none", "none", "message", "datagram"] as const),
    arrival: random.below(2 ** 31),
  };
}

function mutated(bases: readonly BaseStream[], random: Random): { name: string; bytes: Uint8Array } {
  const base = random.pick(bases);
  const other = random.pick(bases);
  const all = splitNalUnits(base.bytes);
  const otherNals = splitNalUnits(other.bytes).slice(0, mostNalUnits);
  let nals: readonly Uint8Array[] = all.slice(0, mostNalUnits);
  if (nals.length > 0) {
    for (let count = random.chance(0.85) ? random.size(6) : 0; count > 0; count--) {
      nals = mutateSyntax(nals, random, otherNals);
    }
  }
  const threeByteCodes = random.chance(0.3);
  let bytes = threeByteCodes
    ? concat(...nals.flatMap((nal) => [Uint8Array.of(0, 0, 1), nal]))
    : annexB(...nals);
  if (nals.length === 0) bytes = base.bytes;
  for (let count = random.chance(0.6) ? random.size(12) : 0; count > 0; count--) {
    bytes = mutateBytes(bytes, random, other.bytes);
  }
  return { name: base.name, bytes: bytes.slice() };
}

/** A piece of an input, and how long nothing came before it. */
export interface Arrival {
  readonly data: Uint8Array;
  readonly pauseMs: number;
}

/** Cuts an input at random places; the same for the same seed. */
export function* arrivals({ bytes, arrival }: FuzzInput): Generator<Arrival> {
  const random = new Random(arrival);
  const largest = random.pick([1, 3, 40, 1500, 9000, 65_536]);
  // Single bytes of a large input would take all the time there is.
  const atLeast = Math.ceil(bytes.length / 20_000);
  const withPauses = random.chance(0.6);
  for (let start = 0; start < bytes.length; ) {
    const size = Math.max(atLeast, random.size(largest));
    const pauseMs = withPauses && random.chance(0.2) ? random.pick([0.2, 1, 5, 20, 33, 120]) : 0;
    yield { data: bytes.subarray(start, start + size), pauseMs };
    start += size;
  }
}

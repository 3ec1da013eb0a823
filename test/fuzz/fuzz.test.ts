import { describe, expect, it } from "vitest";
import { type BaseStream, corpus, encodedStreams } from "./base-streams.js";
import { fuzzCodedSide } from "./coded-side.js";
import { makeInput } from "./input.js";
import { fuzzWithDecoder } from "./with-decoder.js";

// The short form of `npm run fuzz`: a few inputs of one seed, and each stream that was a finding or stands for an oddity.

const encoded = encodedStreams();
const streams = [...encoded, ...corpus()];
const framings = ["none", "message", "datagram"] as const;
/** For machines that are busy with the other tests. */
const patient = { timeout: 60_000 };

it("makes the same input of the same seed and number, and another of any other", () => {
  const bytesOf = ({ bytes }: BaseStream) => Buffer.from(bytes).toString("base64");
  expect(encodedStreams().map(bytesOf)).toEqual(encoded.map(bytesOf));

  const make = (seed: number, number: number) => bytesOf(makeInput(streams, seed, number));
  const inputs = Array.from({ length: 20 }, (_, number) => [make(1, number), make(2, number)]);
  expect(inputs).toEqual(inputs.map((_, number) => [make(1, number), make(2, number)]));
  expect(new Set(inputs.flat()).size).toBeGreaterThan(35);
});

describe.each(corpus())("$name", ({ name, bytes }: BaseStream) => {
  it("keeps the promises of the coded side", patient, () => {
    for (const framing of framings)
      for (let arrival = 0; arrival < 6; arrival++) fuzzCodedSide({ name, bytes, framing, arrival });
  });

  it("harms no decoder", patient, async () => {
    for (const framing of framings)
      for (let arrival = 0; arrival < 3; arrival++) await fuzzWithDecoder({ name, bytes, framing, arrival });
  });
});

it("mutated streams keep the promises of the coded side", patient, () => {
  for (let number = 0; number < 40; number++) fuzzCodedSide(makeInput(streams, 1, number));
});

it("mutated streams harm no decoder", patient, async () => {
  for (let number = 0; number < 30; number++) await fuzzWithDecoder(makeInput(streams, 1, number));
});

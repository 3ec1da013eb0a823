import { afterAll, describe, expect, it } from "vitest";
import { type BaseStream, corpus, encodedStreams } from "./base-streams.js";
import { makeInput } from "./input.js";
import { fuzzCodedSide } from "./targets/coded-side.js";
import { fuzzWireMessages } from "./targets/wire-messages.js";
import { fuzzWithDecoder } from "./targets/with-decoder.js";
import { fuzzServer, stopServer } from "./targets/with-server.js";

// The short form of `npm run fuzz`: a few inputs of one seed, and each stream that was a finding or
// stands for an oddity.

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

it("mutated streams harm no decoding process, which dies of nothing but being killed", patient, async () => {
  for (let number = 0; number < 12; number++) await fuzzWithDecoder(makeInput(streams, 1, number), "process");
});

it("mutated messages are refused, or keep to the form", patient, () => {
  for (let number = 0; number < 20; number++) fuzzWireMessages(makeInput(streams, 1, number));
});

afterAll(stopServer);
it(
  "a server takes anything from publishers and viewers, and serves the others meanwhile",
  patient,
  async () => {
    for (let number = 0; number < 25; number++) await fuzzServer(makeInput(streams, 1, number));
  },
);

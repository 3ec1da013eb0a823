import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, hex } from "../../../test/support/bytes.js";
import { ppsNal, type SpsSyntax, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { lengthWithoutTail, mayEndAsNalUnit } from "./nal-unit-tail.js";
import { parseSequenceParameterSet } from "./sequence-parameter-set.js";

const high: SpsSyntax = { profileIdc: 100, format: (writer) => void writer.ue(1, 0, 0).flag(false, false) };
const messages = hex("06 06 01 c4 05 13 00112233445566778899aabbccddeeff 00000300 80");
/** What senders put after a NAL unit: a length, a time, a name, a line. */
const usualTails = fc.constantFrom(
  hex("00 00 0e 30"),
  hex("00 00 00 00 00 02 12 34 00 00 11"),
  hex("50 61 56 45 03 02 44 00"),
  hex("0d 0a 2d 2d"),
);
const anyTails = fc.uint8Array({ minLength: 1, maxLength: 80 });

const nalUnits: Readonly<Record<string, readonly [Uint8Array, SpsSyntax]>> = {
  SPS: [spsNal(), {}],
  "SPS of a High profile": [spsNal(high), high],
  PPS: [ppsNal({ cabac: true }), {}],
  "PPS with a transform mode": [
    ppsNal({ extension: (writer) => void writer.flag(true, false).se(-2) }),
    high,
  ],
  SEI: [messages, {}],
  "access unit delimiter": [hex("09 f0"), {}],
};

describe("lengthWithoutTail", () => {
  it.each(Object.entries(nalUnits))(
    "is the length of a NAL unit that nothing follows: %s",
    (_, [nal, sps]) => {
      expect(lengthWithoutTail(nal, () => parseSequenceParameterSet(spsNal(sps)))).toBe(nal.length);
    },
  );

  it.each(Object.entries(nalUnits))("does not count what follows a NAL unit: %s", (name, [nal, sps]) => {
    // One in some hundred tails reads like the transform mode of a PPS.
    const tails = name.startsWith("PPS") ? usualTails : anyTails;
    fc.assert(
      fc.property(tails, (tail) => {
        const length = lengthWithoutTail(concat(nal, tail), () => parseSequenceParameterSet(spsNal(sps)));
        expect(length).toBe(nal.length);
      }),
    );
  });

  it("finds the end of a PPS without a transform mode in a High profile, too", () => {
    const sps = parseSequenceParameterSet(spsNal(high));
    fc.assert(
      fc.property(usualTails, (tail) => {
        expect(lengthWithoutTail(concat(hex("68 ee 3c 80"), tail), () => sps)).toBe(4);
      }),
    );
  });

  it("is the full length where the end is not found", () => {
    for (const nal of [hex("67"), hex("67 42"), hex("68"), hex("68 00 00"), hex("06 05 ff"), hex("65 88")])
      expect(lengthWithoutTail(nal, () => undefined)).toBe(nal.length);
  });
});

describe("mayEndAsNalUnit", () => {
  it.each(Object.entries(nalUnits))(
    "is true for a NAL unit, and false for its first bytes: %s",
    (_, [nal]) => {
      expect(mayEndAsNalUnit(nal)).toBe(true);
      // Without its last byte, a PPS with a transform mode may read like one without.
      for (let length = 1; length < nal.length - 1; length++)
        expect(mayEndAsNalUnit(nal.subarray(0, length)), `${length} of ${nal.length} bytes`).toBe(false);
    },
  );
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CollectingSink } from "../../test/support/collecting-sink.js";
import { FakeClock } from "../../test/support/fake-clock.js";
import { accessUnit } from "../../test/support/h264/access-units.js";
import { codedStream } from "../../test/support/h264/coded-stream.js";
import { ProtocolError } from "../core/errors.js";
import { IssueCounter } from "../core/issues.js";
import { microseconds } from "../core/time.js";
import { type AccessUnit, isPossibleStart, type NumberedAccessUnit } from "../h264/access-unit.js";
import { receiveAccessUnits } from "../h264/access-units/receive-access-units.js";
import { decodeAccessUnit, encodeAccessUnit } from "./access-unit-message.js";

/** The access units that the coded side makes of a byte stream. */
function receive(bytes: Uint8Array): AccessUnit[] {
  const sink = new CollectingSink<AccessUnit>();
  const clock = new FakeClock();
  const { input } = receiveAccessUnits(sink, clock, new IssueCounter());
  input.push({ data: bytes, receivedAt: clock.now(), framing: "none" });
  input.endOfInput();
  return sink.items;
}

/** What of an access unit is sent. */
function sent(unit: AccessUnit, object: number): AccessUnit {
  const isSent = isPossibleStart(unit) || object === 0;
  const parameterSets = isSent ? unit.parameterSets : new Uint8Array();
  return { ...unit, position: 0, parameterSets };
}

const plain: NumberedAccessUnit = {
  group: 7,
  object: 3,
  unit: accessUnit({
    epoch: 2,
    sequence: 99,
    data: Uint8Array.of(0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x65, 2, 3),
    nalUnits: [
      { type: 7, refIdc: 3, offset: 4, length: 2 },
      { type: 5, refIdc: 3, offset: 10, length: 3 },
    ],
    parameterSets: Uint8Array.of(0, 0, 0, 1, 0x67, 1),
    picture: { idr: true },
  }),
};

describe("an access unit message", () => {
  it("is read as the access unit that was written", () => {
    fc.assert(
      fc.property(codedStream, fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1), (bytes, group, object) => {
        const units = receive(bytes);
        for (const unit of units) {
          const decoded = decodeAccessUnit(encodeAccessUnit({ group, object, unit }));
          expect(decoded).toMatchObject({ group, object });
          expect(decoded.unit).toEqual(sent(unit, object));
        }
      }),
    );
  });

  it("carries times, ends, corrections and rates that the test stream does not have", () => {
    const unit: AccessUnit = {
      ...plain.unit,
      picture: {
        ...plain.unit.picture,
        idr: false,
        structure: "bottom-field",
        secondField: true,
        reference: false,
        type: "B",
        frameNum: 65_535,
        pictureOrderCount: -(2 ** 31),
        startsOrder: true,
        sliceCount: 8160,
      },
      format: {
        width: 16_384,
        height: 8_704,
        maxDpbFrames: 16,
        maxFrameNum: 65_536,
        maxReferenceFrames: 16,
        decodedBytes: 123_456_789,
        gapsInFrameNumAllowed: true,
        pictureRate: 30_000 / 1001,
        reorderDepth: 0,
      },
      randomAccess: "recovery-point",
      recoveryFrameCount: 65_535,
      firstByteAt: microseconds(2 ** 52 + 1),
      lastByteAt: microseconds(2 ** 52 + 2),
      completeAt: microseconds(2 ** 52 + 3),
      endedBy: "silence",
      corrects: true,
      discontinuity: true,
      broken: true,
    };
    expect(decodeAccessUnit(encodeAccessUnit({ ...plain, unit })).unit).toEqual(unit);
  });

  it("has room for as many NAL units as an access unit may have", () => {
    const count = 20_000;
    const data = new Uint8Array(5 * count).map((_, index) => [0, 0, 0, 1, 0x41][index % 5]!);
    const nalUnits = Array.from({ length: count }, (_, index) => ({
      type: 1,
      refIdc: 2,
      offset: 5 * index + 4,
      length: 1,
    }));
    const unit = { ...plain.unit, data, nalUnits };
    expect(decodeAccessUnit(encodeAccessUnit({ ...plain, unit })).unit).toEqual(unit);
  });

  it("is read without a copy, even from the middle of a larger buffer", () => {
    const message = encodeAccessUnit(plain);
    const larger = new Uint8Array(message.length + 20);
    larger.set(message, 10);
    const { unit, decoderInput } = decodeAccessUnit(larger.subarray(10, 10 + message.length));
    expect(unit).toEqual(plain.unit);
    for (const view of [unit.data, unit.parameterSets, decoderInput]) expect(view.buffer).toBe(larger.buffer);
  });

  it("is written around the data if there is room, with the same result", () => {
    const { data } = plain.unit;
    for (const room of [0, 50, 110, 200]) {
      const buffer = new ArrayBuffer(room + data.length);
      const roomy = new Uint8Array(buffer, room);
      roomy.set(data);
      const unit = { ...plain.unit, data: roomy };
      const message = encodeAccessUnit({ ...plain, unit }, 10, room);
      expect(message.buffer === buffer).toBe(room >= 10 + 96 + 2 * 4 + 6);
      expect(message.byteOffset).toBeGreaterThanOrEqual(10);
      expect(message).toEqual(encodeAccessUnit(plain));
    }
  });

  it("is not written over bytes that somebody else uses", () => {
    const { data } = plain.unit;
    const shared = new Uint8Array(500 + data.length).fill(0xee);
    shared.set(data, 500);
    const unit = { ...plain.unit, data: shared.subarray(500) };
    expect(encodeAccessUnit({ ...plain, unit }, 10, 100)).toEqual(encodeAccessUnit(plain));
    expect(shared.subarray(0, 500).every((byte) => byte === 0xee)).toBe(true);
  });

  it("has parameter sets before the access unit exactly where decoding can start", () => {
    const { parameterSets, data } = plain.unit;
    expect([...decodeAccessUnit(encodeAccessUnit(plain)).decoderInput]).toEqual([...parameterSets, ...data]);
    const inputOf = (type: "I" | "P") => {
      const picture = { ...plain.unit.picture, idr: false, type };
      const unit: AccessUnit = { ...plain.unit, picture, randomAccess: undefined };
      return [...decodeAccessUnit(encodeAccessUnit({ ...plain, unit })).decoderInput];
    };
    expect(inputOf("I")).toEqual([...parameterSets, ...data]);
    expect(inputOf("P")).toEqual([...data]);
  });
});

describe("a malformed access unit message", () => {
  const message = encodeAccessUnit(plain);

  it("throws a ProtocolError wherever it is cut", () => {
    for (let length = 0; length < message.length; length++) {
      expect(() => decodeAccessUnit(message.subarray(0, length)), `${length}`).toThrow(ProtocolError);
    }
    expect(() => decodeAccessUnit(Uint8Array.of(...message, 0))).toThrow(ProtocolError);
  });

  it("throws nothing but a ProtocolError, and its NAL units never lie outside it", () => {
    const change = fc.tuple(fc.nat(message.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = message.slice();
        for (const [at, value] of changes) damaged[at] = value;
        try {
          const { unit } = decodeAccessUnit(damaged);
          for (const { offset, length } of unit.nalUnits) {
            expect(offset + length).toBeLessThanOrEqual(unit.data.length);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("reports what was expected and what came", () => {
    const other = message.slice();
    other[0] = 2;
    expect(() => decodeAccessUnit(other)).toThrow("An access unit message had version 2, expected 1");
    other[0] = 1;
    other[1] = 9;
    expect(() => decodeAccessUnit(other)).toThrow("An access unit message had kind 9, expected 1");
  });
});

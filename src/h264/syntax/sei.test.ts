import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addEmulationPrevention, BitWriter } from "../../../test/support/h264/bit-writer.js";
import { spsNal } from "../../../test/support/h264/h264-syntax.js";
import { BitstreamError } from "../../core/errors.js";
import { parseSei } from "./sei.js";
import { parseSequenceParameterSet } from "./sequence-parameter-set.js";

const sum = (value: number) => [...Array<number>(Math.floor(value / 255)).fill(255), value % 255];
const message = (type: number, payload: Iterable<number>) => {
  const bytes = [...payload];
  return [...sum(type), ...sum(bytes.length), ...bytes];
};
const seiNal = (...messages: number[][]) =>
  Uint8Array.of(6, ...addEmulationPrevention(Uint8Array.from([...messages.flat(), 0x80])));

const recoveryPoint = new BitWriter().ue(15).flag(true, false).u(2, 1).trailing().bytes();

it("gives back every message, whatever types and sizes", () => {
  const payload = fc.array(fc.constantFrom(0, 0, 1, 3, 0x80, 0xff), { maxLength: 600 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 7, max: 700 }), payload), { minLength: 1, maxLength: 8 }),
      (all) => {
        const messages = parseSei(seiNal(...all.map(([type, bytes]) => message(type, bytes))));
        expect(messages.map((m) => [m.kind, m.payloadType, [...m.payload]])).toEqual(
          all.map(([type, bytes]) => ["raw", type, bytes]),
        );
      },
    ),
  );
});

it("parses a recovery point", () => {
  expect(parseSei(seiNal(message(6, recoveryPoint)))).toEqual([
    {
      kind: "recoveryPoint",
      payloadType: 6,
      payload: recoveryPoint,
      recoveryFrameCnt: 15,
      exactMatchFlag: true,
      brokenLinkFlag: false,
      changingSliceGroupIdc: 1,
    },
  ]);
});

it("parses unregistered user data", () => {
  const uuid = Array.from({ length: 16 }, (_, index) => index);
  const [found] = parseSei(seiNal(message(5, [...uuid, 0, 0, 1])));
  expect(found).toMatchObject({
    kind: "userDataUnregistered",
    uuid: Uint8Array.from(uuid),
    data: Uint8Array.of(0, 0, 1),
  });
});

describe("picture timing", () => {
  const sps = (hrd: boolean, picStruct: boolean) =>
    parseSequenceParameterSet(
      spsNal({
        vui: (w) => {
          w.flag(false, false, false, false, false, hrd);
          if (hrd) w.ue(0).u(8, 0).ue(0, 0).flag(false).u(5, 23).u(5, 7).u(5, 4).u(5, 5);
          w.flag(false);
          if (hrd) w.flag(false);
          w.flag(picStruct, false);
        },
      }),
    );

  it("has delays and clock timestamps as long as the SPS says", () => {
    const payload = new BitWriter().u(8, 200).u(5, 3).u(4, 3);
    payload
      .flag(true)
      .u(2, 1)
      .flag(true)
      .u(5, 4)
      .flag(true, false, true)
      .u(8, 24)
      .u(6, 59)
      .u(6, 58)
      .u(5, 23)
      .u(5, 31);
    payload
      .flag(true)
      .u(2, 0)
      .flag(false)
      .u(5, 0)
      .flag(false, true, false)
      .u(8, 1)
      .flag(true)
      .u(6, 7)
      .flag(false)
      .u(5, 2);
    const [timing] = parseSei(seiNal(message(1, payload.trailing().bytes())), sps(true, true));
    expect(timing).toMatchObject({
      kind: "picTiming",
      cpbRemovalDelay: 200,
      dpbOutputDelay: 3,
      picStruct: 3,
      clockTimestamps: [
        {
          ctType: 1,
          nuitFieldBasedFlag: true,
          countingType: 4,
          discontinuityFlag: false,
          cntDroppedFlag: true,
          nFrames: 24,
          seconds: 59,
          minutes: 58,
          hours: 23,
          timeOffset: -1,
        },
        { discontinuityFlag: true, nFrames: 1, seconds: 7, timeOffset: 2 },
      ],
    });
  });

  it("stays raw without an SPS, or if it does not fit the SPS", () => {
    const nal = seiNal(message(1, [0x90]));
    expect(parseSei(nal)[0]?.kind).toBe("raw");
    expect(parseSei(nal, sps(true, true))[0]?.kind).toBe("raw");
    expect(parseSei(nal, sps(false, false))[0]).toMatchObject({ kind: "picTiming", clockTimestamps: [] });
  });
});

describe("what real devices send", () => {
  it("keeps the messages before a truncated one", () => {
    const messages = parseSei(Uint8Array.of(6, ...message(6, recoveryPoint), 4, 200, 1, 2));
    expect(messages.map(({ kind }) => kind)).toEqual(["recoveryPoint"]);
  });

  it("refuses a NAL unit without a whole message", () => {
    expect(() => parseSei(Uint8Array.of(6, 4, 200, 1, 2, 0x80))).toThrow(
      "payloadSize was 200, but 3 bytes were left (sei_payload, clause 7.4.2.3.1, bit 0)",
    );
    expect(() => parseSei(Uint8Array.of(6, 0x80))).toThrow("the NAL unit held no message");
  });

  it("accepts missing rbsp_trailing_bits", () => {
    const [found] = parseSei(Uint8Array.of(6, 137, 2, 7, 0x80));
    expect(found?.payload).toEqual(Uint8Array.of(7, 0x80));
  });

  it("leaves a malformed recovery point raw", () => {
    expect(parseSei(seiNal(message(6, [0]))).map(({ kind }) => kind)).toEqual(["raw"]);
  });

  it("reads no more than 128 messages", () => {
    expect(parseSei(seiNal(...Array.from({ length: 1000 }, () => message(9, []))))).toHaveLength(128);
  });
});

it("throws nothing but BitstreamError, whatever the bytes", () => {
  const sps = parseSequenceParameterSet(spsNal());
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (data) => {
      try {
        expect(parseSei(Uint8Array.of(6, ...data), sps).length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(BitstreamError);
      }
    }),
    { numRuns: 1000 },
  );
});

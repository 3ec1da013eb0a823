import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addEmulationPrevention, BitWriter } from "../../../test/support/h264/bit-writer.js";
import { RbspReader, removeEmulationPrevention } from "./rbsp-reader.js";
import { RbspWriter } from "./rbsp-writer.js";

const header = 0x67;
const nal = (write: (writer: RbspWriter) => void) => {
  const writer = new RbspWriter();
  write(writer);
  return writer.nalUnit(header);
};

describe("RbspWriter", () => {
  it("writes elements that a reader reads back", () => {
    const element = fc.oneof(
      fc.integer({ min: 1, max: 31 }).chain((bits) =>
        fc.record({
          kind: fc.constant("u" as const),
          bits: fc.constant(bits),
          value: fc.integer({ min: 0, max: 2 ** bits - 1 }),
        }),
      ),
      fc.record({ kind: fc.constant("ue" as const), value: fc.integer({ min: 0, max: 2 ** 30 - 1 }) }),
      fc.record({ kind: fc.constant("flag" as const), value: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(element), (elements) => {
        const data = nal((writer) => {
          for (const item of elements) {
            if (item.kind === "u") writer.u(item.bits, item.value);
            else if (item.kind === "ue") writer.ue(item.value);
            else writer.flags(item.value);
          }
        });
        const reader = new RbspReader(data);
        for (const item of elements) {
          const value =
            item.kind === "u"
              ? reader.u(item.bits, "", "")
              : item.kind === "ue"
                ? reader.ue("", "")
                : reader.flag("", "");
          expect(value).toBe(item.value);
        }
        expect(reader.moreRbspData()).toBe(false);
      }),
    );
  });

  it("writes Exp-Golomb codes as in table 9-2", () => {
    const codes = ["1", "010", "011", "00100", "00101", "00110", "00111", "0001000"];
    for (const [value, code] of codes.entries()) {
      const expected = new BitWriter().code(code).trailing().bytes();
      expect(nal((writer) => writer.ue(value))).toEqual(Uint8Array.of(header, ...expected));
    }
  });

  it("ends with rbsp_trailing_bits(), in a byte of its own if need be (7.3.2.11)", () => {
    expect(nal(() => {})).toEqual(Uint8Array.of(header, 0b1000_0000));
    expect(nal((writer) => writer.u(7, 0b0101010))).toEqual(Uint8Array.of(header, 0b0101010_1));
    expect(nal((writer) => writer.u(8, 0xab))).toEqual(Uint8Array.of(header, 0xab, 0x80));
  });

  it("aligns with zeros, also where nothing is missing", () => {
    expect(nal((writer) => writer.u(3, 7).alignWithZeros().u(8, 1).alignWithZeros())).toEqual(
      Uint8Array.of(header, 0b1110_0000, 1, 0x80),
    );
  });

  it("keeps start codes out of the NAL unit (7.4.1)", () => {
    const fewValues = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 });
    fc.assert(
      fc.property(fewValues, (bytes) => {
        const data = nal((writer) => {
          for (const byte of bytes) writer.u(8, byte);
        });
        expect([...data.subarray(1)]).toEqual(addEmulationPrevention(Uint8Array.from([...bytes, 0x80])));
        expect([...removeEmulationPrevention(data)]).toEqual([...bytes, 0x80]);
      }),
    );
  });

  it("copies the first bits of another RBSP", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(), (rbsp, any) => {
        const count = any % (rbsp.length * 8 + 1);
        const bits = [...rbsp].map((byte) => byte.toString(2).padStart(8, "0")).join("");
        const expected = new BitWriter().code(bits.slice(0, count)).trailing().nal(header);
        expect(nal((writer) => writer.copy(rbsp, count))).toEqual(expected);
      }),
    );
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addEmulationPrevention, BitWriter } from "../../../test/support/h264/bit-writer.js";
import { BitstreamError } from "../../core/errors.js";
import { EndOfDataError, RbspReader, removeEmulationPrevention } from "./rbsp-reader.js";

const bytes = fc.uint8Array({ maxLength: 60 });
/** Bytes with many zeros and threes, where emulation prevention matters. */
const tricky = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 0x80, 0xff), { maxLength: 60 });

describe("RbspReader", () => {
  it("reads back what was written, with any emulation prevention", () => {
    const element = fc.oneof(
      fc.record({ kind: fc.constant("u" as const), bits: fc.integer({ min: 1, max: 32 }), value: fc.nat() }),
      fc.record({ kind: fc.constant("ue" as const), value: fc.integer({ min: 0, max: 2 ** 32 - 2 }) }),
      fc.record({
        kind: fc.constant("se" as const),
        value: fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(element, { maxLength: 30 }), (elements) => {
        const writer = new BitWriter();
        for (const e of elements) {
          if (e.kind === "u") writer.u(e.bits, e.value % 2 ** e.bits);
          else writer[e.kind](e.value);
        }
        const reader = new RbspReader(writer.trailing().nal(0x65));
        for (const e of elements) {
          expect(reader.moreRbspData()).toBe(true);
          if (e.kind === "u") expect(reader.u(e.bits, "x", "7")).toBe(e.value % 2 ** e.bits);
          else expect(reader[e.kind]("x", "7")).toBe(e.value === 0 ? 0 : e.value);
        }
        expect(reader.moreRbspData()).toBe(false);
      }),
    );
  });

  it("names the element, the clause, the range and the place of a fault", () => {
    const reader = new RbspReader(new BitWriter().u(4, 0).ue(3).trailing().nal(0x67));
    reader.u(4, "before", "7");
    expect(() => reader.ue("pic_order_cnt_type", "7.4.2.1.1", 0, 2)).toThrow(
      "pic_order_cnt_type was 3, expected 0 to 2 (pic_order_cnt_type, clause 7.4.2.1.1, bit 4)",
    );
  });

  it("distinguishes the end of the data from damage", () => {
    const reader = new RbspReader(Uint8Array.of(0x65, 0xff));
    reader.u(7, "a", "7");
    expect(() => reader.u(2, "frame_num", "7.4.3")).toThrow(EndOfDataError);
    expect(() => new RbspReader(Uint8Array.of(0x65)).flag("f", "7")).toThrow("the data ended within f");
  });

  it("refuses an Exp-Golomb code of more than 63 bits", () => {
    const reader = new RbspReader(Uint8Array.of(0x65, 0, 0, 3, 0, 0, 3, 0, 0xff));
    expect(() => reader.ue("first_mb_in_slice", "7.4.3")).toThrow("no Exp-Golomb code");
  });

  it("counts bits without emulation prevention bytes", () => {
    const reader = new RbspReader(Uint8Array.of(0x65, 0, 0, 3, 1));
    expect(reader.u(24, "x", "7")).toBe(1);
    expect(reader.bitOffset).toBe(24);
  });

  it("finds no more data before cabac_zero_words", () => {
    const reader = new RbspReader(Uint8Array.of(0x65, 0xa0, 0, 0, 3, 0, 0, 3));
    expect(reader.moreRbspData()).toBe(true);
    reader.u(2, "x", "7");
    expect(reader.moreRbspData()).toBe(false);
  });

  it("skips as many bits as u reads", () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 32 }), fc.integer({ min: 0, max: 32 }), (data, a, b) => {
        const skipping = new RbspReader(data, 0);
        const reading = new RbspReader(data, 0);
        const outcome = (read: () => void) => {
          try {
            read();
            return "ok";
          } catch (error) {
            return (error as Error).message;
          }
        };
        expect(outcome(() => skipping.skip(a, "x", "7"))).toBe(outcome(() => reading.u(a, "x", "7")));
        expect(outcome(() => skipping.skip(b, "x", "7"))).toBe(outcome(() => reading.u(b, "x", "7")));
        expect(skipping.bitOffset).toBe(reading.bitOffset);
      }),
    );
  });

  it("throws nothing but BitstreamError", () => {
    fc.assert(
      fc.property(bytes, fc.infiniteStream(fc.nat(4)), (data, choices) => {
        const reader = new RbspReader(data);
        try {
          for (const choice of choices) {
            if (choice === 0) reader.ue("x", "7");
            else if (choice === 1) reader.se("x", "7", -100, 100);
            else if (choice === 2) reader.u(17, "x", "7");
            else if (choice === 3) reader.moreRbspData();
            else reader.flag("x", "7");
          }
        } catch (error) {
          expect(error).toBeInstanceOf(BitstreamError);
        }
      }),
    );
  });
});

describe("removeEmulationPrevention", () => {
  it("undoes emulation prevention", () => {
    fc.assert(
      fc.property(tricky, (rbsp) => {
        const nal = Uint8Array.of(0x06, ...addEmulationPrevention(Uint8Array.from([...rbsp, 0x80])));
        expect([...removeEmulationPrevention(nal)]).toEqual([...rbsp, 0x80]);
      }),
    );
  });

  it("agrees with RbspReader on any bytes", () => {
    fc.assert(
      fc.property(tricky, (data) => {
        const nal = Uint8Array.of(0x06, ...data);
        const reader = new RbspReader(nal);
        const read: number[] = [];
        try {
          for (;;) read.push(reader.u(8, "byte", "7.3.1"));
        } catch {}
        expect(read).toEqual([...removeEmulationPrevention(nal)]);
      }),
    );
  });

  it("gives a view if nothing has to be removed", () => {
    const nal = Uint8Array.of(6, 1, 2, 3);
    expect(removeEmulationPrevention(nal).buffer).toBe(nal.buffer);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascii, box, fullBox, u16, u32, u64, zeros } from "./mp4-box.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("numbers of boxes", () => {
  it("are big-endian", () => {
    expect(hex(u16(0x1234))).toBe("1234");
    expect(hex(u32(0x12345678))).toBe("12345678");
    expect(hex(u64(0x1234_5678_9abc))).toBe("0000123456789abc");
    expect(hex(zeros(3))).toBe("000000");
  });

  it("hold every value of their size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 16 - 1 }), (value) => {
        expect(Buffer.from(u16(value)).readUInt16BE()).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        expect(Buffer.from(u32(value)).readUInt32BE()).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(Buffer.from(u64(value)).readBigUInt64BE()).toBe(BigInt(value));
      }),
    );
  });

  it("are negative as two's complement, for composition offsets (ISO/IEC 14496-12, 8.8.8)", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
        expect(Buffer.from(u32(value)).readInt32BE()).toBe(value);
      }),
    );
  });
});

describe("box (ISO/IEC 14496-12, 4.2)", () => {
  it("begins with its whole size and its type", () => {
    expect(hex(box("free"))).toBe(`00000008${hex(ascii("free"))}`);
    expect(hex(box("mdat", u16(1), u32(2)))).toBe(`0000000e${hex(ascii("mdat"))}000100000002`);
  });

  it("holds boxes, whose sizes add up", () => {
    const inner = [box("tkhd", zeros(5)), box("mdia")];
    expect(Buffer.from(box("trak", ...inner)).readUInt32BE()).toBe(8 + 13 + 8);
  });

  it("with a version and 24 bits of flags has them first", () => {
    expect(hex(fullBox("tfhd", 0, 0x020000, u32(1)))).toBe(`00000010${hex(ascii("tfhd"))}0002000000000001`);
    expect(hex(fullBox("trun", 1, 0xffffff))).toBe(`0000000c${hex(ascii("trun"))}01ffffff`);
    expect(hex(fullBox("xxxx", 255, 1))).toBe(`0000000c${hex(ascii("xxxx"))}ff000001`);
  });
});

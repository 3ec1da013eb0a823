import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { bytesOf } from "../../../test/support/h264/slice-data/bins.js";
import { CavlcReader } from "./cavlc-reader.js";
import { coeffTokens0 } from "./cavlc-tables.js";
import { Damage } from "./slice-data.js";

/** A reader at the first of these bits. */
function readerOf(bits: string): CavlcReader {
  const reader = new CavlcReader();
  reader.start(bytesOf(Array.from(bits.replaceAll(" ", ""), Number)), 0);
  return reader;
}

/** ue(v) of that value. */
const ueOf = (value: number) => new BitWriter().ue(value).bits.join("");

const largest = 1_000_000;
const element = fc.oneof(
  fc
    .integer({ min: 1, max: 25 })
    .chain((bits) => fc.nat(2 ** bits - 1).map((value) => ["u", bits, value] as const)),
  fc.nat(largest).map((value) => ["ue", largest, value] as const),
  fc.integer({ min: -largest, max: largest }).map((value) => ["se", largest, value] as const),
  fc.integer({ min: 1, max: 31 }).chain((max) => fc.nat(max).map((value) => ["te", max, value] as const)),
  fc.boolean().map((value) => ["flag", 1, value ? 1 : 0] as const),
  fc.nat(20).map((value) => ["levelPrefix", 1, value] as const),
);

describe("CavlcReader", () => {
  it("reads back any elements at any bit, se(v) without its sign", () => {
    fc.assert(
      fc.property(fc.nat(30), fc.array(element, { maxLength: 40 }), (start, elements) => {
        const writer = new BitWriter().u(start, 0);
        for (const [kind, size, value] of elements) {
          if (kind === "u") writer.u(size, value);
          else if (kind === "te") writer.te(size, value);
          else if (kind === "flag") writer.flag(value === 1);
          else if (kind === "levelPrefix") writer.u(value + 1, 1);
          else writer[kind](value);
        }
        const reader = new CavlcReader();
        reader.start(bytesOf(writer.bits), start);
        for (const [kind, size, value] of elements) {
          if (kind === "flag") expect(reader.flag()).toBe(value === 1);
          else expect(reader[kind](size)).toBe(Math.abs(value));
        }
        expect(reader.position).toBe(writer.length);
      }),
    );
  });

  it.each([
    ["1", 0],
    ["010", 1],
    ["011", 2],
    ["00100", 3],
    ["00101", 4],
    ["00110", 5],
    ["00111", 6],
    ["0001000", 7],
    ["0001001", 8],
    ["0001010", 9],
  ])("table 9-2: %s is codeNum %d", (bits, codeNum) => {
    const reader = readerOf(`${bits}1`);
    expect(reader.ue(100)).toBe(codeNum);
    expect(reader.position).toBe(bits.length);
  });

  it.each([
    ["1", 0],
    ["010", 1],
    ["011", 1],
    ["00100", 2],
    ["00101", 2],
    ["00110", 3],
    ["00111", 3],
  ])("table 9-3: se(v) %s has the absolute value %d", (bits, value) => {
    expect(readerOf(bits).se(100)).toBe(value);
  });

  it("9.1: te(v) up to 1 is one inverted bit, else ue(v)", () => {
    const reader = readerOf("1 0 010 00101");
    expect([reader.te(1), reader.te(1), reader.te(2), reader.te(31)]).toEqual([0, 1, 1, 4]);
    expect(reader.position).toBe(10);
  });

  it("9.1: codes with 11 to 24 leading zeros, at every bit of a byte", () => {
    for (let zeros = 11; zeros <= 24; zeros++) {
      for (const value of [2 ** zeros - 1, 2 ** (zeros + 1) - 2]) {
        for (let start = 0; start < 8; start++) {
          const reader = readerOf(`${"1".repeat(start)}${ueOf(value)}1`);
          reader.skip(start);
          expect(reader.ue(2 ** 25)).toBe(value);
          expect(reader.position).toBe(start + 2 * zeros + 1);
        }
      }
    }
  });

  it("a value above the largest that the element can have is damage", () => {
    expect(readerOf(ueOf(25)).ue(25)).toBe(25);
    expect(() => readerOf(ueOf(26)).ue(25)).toThrow(Damage);
    expect(readerOf(ueOf(2 * 26)).se(26)).toBe(26);
    expect(() => readerOf(ueOf(2 * 26 + 1)).se(26)).toThrow(Damage);
    expect(readerOf(ueOf(3)).te(3)).toBe(3);
    expect(() => readerOf(ueOf(4)).te(3)).toThrow(Damage);
  });

  it("more zeros than any element has are damage: the data have ended", () => {
    expect(() => readerOf(`${"0".repeat(25)}1`).ue(2 ** 30)).toThrow(Damage);
    expect(() => readerOf("").ue(2 ** 30)).toThrow(Damage);
    expect(readerOf(`${"0".repeat(24)}1`).levelPrefix()).toBe(24);
    expect(() => readerOf(`${"0".repeat(25)}1`).levelPrefix()).toThrow(Damage);
  });

  it("7.2: u(n) has its first bit highest", () => {
    const reader = readerOf("101 0000000000000000000000001 1");
    expect(reader.u(3)).toBe(5);
    expect(reader.u(25)).toBe(1);
    expect(reader.flag()).toBe(true);
    expect(reader.flag()).toBe(false);
  });

  it("9.2.2.1: level_prefix counts the zeros before a 1", () => {
    const reader = readerOf("1 01 0000000000000001 1");
    expect([reader.levelPrefix(), reader.levelPrefix(), reader.levelPrefix()]).toEqual([0, 1, 15]);
    expect(reader.position).toBe(19);
  });

  it("9.2: ce(v) reads the code and no more, at every bit of a byte", () => {
    // Table 9-5, nC 0 and 1: codes with one to three bits after the first 1, then one with none.
    const codes = [
      ["0000000000001011", 14 * 4],
      ["0000000000001101", 14 * 4 + 2],
      ["000000000001000", 14 * 4 + 3],
      ["00011", 3 * 4 + 3],
      ["0000101", 3 * 4 + 2],
      ["01", 4 + 1],
    ] as const;
    for (let start = 0; start < 8; start++) {
      const reader = readerOf(`${"1".repeat(start)}${codes.map(([code]) => code).join("")}`);
      reader.skip(start);
      for (const [, value] of codes) expect(reader.code(coeffTokens0)).toBe(value);
      expect(reader.position).toBe(start + codes.reduce((sum, [code]) => sum + code.length, 0));
    }
  });

  it("9.2: bits that begin no code are damage", () => {
    expect(() => readerOf("0000000000000001 000").code(coeffTokens0)).toThrow(Damage);
    expect(() => readerOf("").code(coeffTokens0)).toThrow(Damage);
  });

  it("7.3.5: pcm_alignment_zero_bit goes up to the next byte", () => {
    for (const [from, to] of [
      [0, 0],
      [1, 8],
      [7, 8],
      [8, 8],
      [9, 16],
    ] as const) {
      const reader = new CavlcReader();
      reader.start(bytesOf([]), from);
      reader.align();
      expect(reader.position).toBe(to);
    }
  });

  it("skips bits, and reads from a view into a larger buffer", () => {
    const bytes = bytesOf(Array.from("1111111100000101", Number)).subarray(1);
    const reader = new CavlcReader();
    reader.start(bytes, 2);
    reader.skip(3);
    expect(reader.position).toBe(5);
    expect(reader.u(3)).toBe(5);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { bytesOf } from "../../../test/support/h264/slice-data/bins.js";
import { coeffToken } from "../../../test/support/h264/slice-data/residual/cavlc-residual-bits.js";
import { CavlcResidualWriter } from "../../../test/support/h264/slice-data/residual/cavlc-residual-writer.js";
import { randomResidual } from "../../../test/support/h264/slice-data/residual/residual.js";
import { headerOf, streamOfFormat } from "../../../test/support/h264/slice-data/slice-format.js";
import { Random } from "../../../test/support/random.js";
import { CavlcReader } from "./cavlc-reader.js";
import { CavlcResidual } from "./cavlc-residual.js";
import { Damage } from "./slice-data.js";

const width = 3;
const count = 9;

/** Reads residual() of macroblocks of a picture of three by three. */
class Picture {
  readonly #reader = new CavlcReader();
  readonly residual = new CavlcResidual(this.#reader);

  constructor(chromaFormatIdc = 0) {
    this.residual.startSlice(headerOf({ type: "I" }, streamOfFormat({ chromaFormatIdc })), count);
  }

  /** @returns the number of bits that it read */
  read(writer: BitWriter, { address = 0, left = -1, top = -1, pattern = 1, is16x16 = false } = {}): number {
    this.#reader.start(bytesOf(writer.bits), 0);
    const rows = Int32Array.from([0, 1, 2, 3], (row) => (left < 0 ? -1 : left * 4 + row));
    this.residual.read(address, rows, top, pattern, is16x16);
    return this.#reader.position;
  }
}

const bitsOf = (text: string) => new BitWriter().code(text);

/**
 * The first 8x8 block: these bits are its first 4x4 block, which has `total` coefficients. The
 * others are empty.
 */
function firstBlock(bits: string, total: number): BitWriter {
  // nC is total to the right of and below the first block, then 0.
  return [total, total, 0].reduce((writer, nC) => writer.code(coeffToken(0, 0, nC)), bitsOf(bits));
}

/** All of the first block is read, and nothing after it. */
function expectRead(bits: string, total: number): void {
  const writer = firstBlock(bits, total);
  expect(new Picture().read(writer)).toBe(writer.length);
}

/** A 4x4 block of one coefficient, which is the last, with these bits of its level. */
const oneLevel = (level: string) => `000101 ${level} 1`;

describe("CavlcResidual", () => {
  it.each([0, 1, 2, 3])(
    "reads residual() of any macroblocks as 7.3.5.3 and 9.2 write it: chroma_format_idc %d",
    (chromaFormatIdc) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const random = new Random(seed);
          const picture = new Picture(chromaFormatIdc);
          const done = new Set<number>();
          const layout = {
            width,
            isMbaff: false,
            isAvailable: (of: number) => done.has(of),
            isField: () => false,
          };
          const writer = new CavlcResidualWriter(layout, chromaFormatIdc);
          // Two pictures: the second one must not see the first one's.
          for (let number = 0; number < 2 * count; number++) {
            const address = number % count;
            if (address === 0) done.clear();
            // Where a slice begins, what is before is not available.
            if (random.chance(0.1)) done.clear();
            const kind = random.pick(["empty", "pcm", "coded", "coded", "coded", "coded"]);
            if (kind === "empty") {
              writer.setEmpty(address);
              picture.residual.setEmpty(address, address + 1);
            } else if (kind === "pcm") {
              writer.setPcm(address);
              picture.residual.setPcm(address);
            } else {
              const isIntra16x16 = random.chance(0.3);
              const residual = randomResidual(random, chromaFormatIdc, {
                luma: isIntra16x16 ? random.pick([0, 15]) : random.below(16),
                chroma: chromaFormatIdc === 1 || chromaFormatIdc === 2 ? random.below(3) : 0,
                isIntra16x16,
                transform8x8: false,
              });
              const bits = new BitWriter();
              writer.write(bits, address, residual);
              const read = picture.read(bits, {
                address,
                left: address % width > 0 && done.has(address - 1) ? address - 1 : -1,
                top: address >= width && done.has(address - width) ? address - width : -1,
                pattern: residual.luma + 16 * residual.chroma,
                is16x16: isIntra16x16,
              });
              expect(read).toBe(bits.length);
            }
            done.add(address);
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  describe("9.2: blocks coded by hand", () => {
    it.each([
      ["0 3 0 1 -1 -1 0 1", "0000100 011 1 0010 111 10 1 1 01", 5],
      ["-2 4 3 -3 0 0 -1", "0000000110 1 0001 0010 00010 111 0011 00", 5],
      ["0 0 1 0 1 0 0 0 1", "00011 000 100 011 10", 3],
      ["-1", "01 1 1", 1],
      ["fifteen zeros and a 1", "01 0 000000001", 1],
      // No total_zeros where all coefficients are there; suffixLength starts with 1 (9.2.2.1).
      ["sixteen times 2", `0000000000000100 10 ${"010 ".repeat(15)}`, 16],
      ["sixteen times 1", "0000000000001000 000 ".concat("1 ", "10 ".repeat(12)), 16],
    ])("%s", (_, bits, total) => expectRead(bits, total));
  });

  describe("9.2.2.1: level_prefix and level_suffix of the first level, which is not 1 or -1", () => {
    it.each([
      ["level 2: level_prefix 0", "1"],
      ["level -2: level_prefix 1", "01"],
      ["level -8: level_prefix 13 has no suffix", "00000000000001"],
      ["level 9: level_prefix 14 has a suffix of 4 bits", "000000000000001 0000"],
      ["level -16", "000000000000001 1111"],
      ["level 17: level_prefix 15 escapes to 12 bits", "0000000000000001 000000000000"],
      ["level -2064", "0000000000000001 111111111111"],
      ["level 2065: level_prefix 16 escapes to 13 bits", "00000000000000001 0000000000000"],
      ["level_prefix 20 escapes to 17 bits", "000000000000000000001 00000000000000001"],
    ])("%s", (_, bits) => expectRead(oneLevel(bits), 1));
  });

  describe("9.2.2.1: suffixLength", () => {
    // Two coefficients without trailing ones: the first level read decides how the second is coded.
    const two = (first: string, second: string) => `00000111 ${first} ${second} 111`;
    it.each([
      ["is 1 after a level of 3", two("001", "1 0")],
      ["is 2 after a level of 4", two("00001", "1 00")],
      ["is 2 after a level of -16", two("000000000000001 1111", "1 00")],
      ["is 1 with a level_prefix of 15: 12 bits", two("1", "0000000000000001 000000000000")],
      ["is 1 with a level_prefix of 14: 1 bit", two("1", "000000000000001 1")],
    ])("%s", (_, bits) => expectRead(bits, 2));

    it.each([
      ["grows above 3, 6, 12, 24 and 48, up to 6", [4, 7, 13, 25, 49, 200], [2, 3, 4, 5, 6]],
      ["stays at 3, 6, 12, 24 and 48", [3, 3, 4, 6, 7, 12, 13, 24, 25, 48], [1, 1, 2, 2, 3, 3, 4, 4, 5]],
    ])("%s", (_, levels, suffixLengths) => {
      // After the first level each has level_prefix 0 to 14 and suffixLength bits; levels are
      // positive.
      const first = `${"0".repeat(2 * levels[0]! - 4)}1`;
      const others = suffixLengths.map((suffixLength, index) => {
        const levelCode = 2 * levels[index + 1]! - 2;
        const prefix = levelCode >> suffixLength;
        return `${"0".repeat(prefix)}1${(levelCode % 2 ** suffixLength).toString(2).padStart(suffixLength, "0")}`;
      });
      const total = levels.length;
      // From zerosLeft 0 on no run_before follows.
      const noZeros = ["", "111", "0101", "00011", "0101", "000001", "000001", "000001", "000001", "00001"];
      expectRead([coeffToken(0, total, 0), first, ...others, noZeros[total - 1]].join(" "), total);
    });

    it("starts with 1 above ten coefficients with less than three trailing ones", () => {
      const elevenTwos = `000000000001111 10 ${"010 ".repeat(10)} 0000`;
      expectRead(elevenTwos, 11);
      const tenTwos = `00000000001011 1 ${"010 ".repeat(9)} 00001`;
      expectRead(tenTwos, 10);
      // With three trailing ones suffixLength starts with 0, and a level of 1 is a single bit.
      expectRead(`00000000001100 000 1 ${"10 ".repeat(7)} 0000`, 11);
    });
  });

  describe("9.2.1: nC", () => {
    const emptyBlocks = (...nCs: number[]) =>
      nCs.reduce((writer, nC) => writer.code(coeffToken(0, 0, nC)), new BitWriter());

    it.each([
      ["0 without neighbours", {}, 0],
      ["nA, where only the left one is available", { left: 0 }, 5],
      ["nB, where only the upper one is available", { top: 1 }, 16],
      ["the rounded mean of both", { left: 0, top: 1 }, 11],
    ])("is %s", (_, neighbours, nC) => {
      const picture = new Picture();
      // Macroblock 0 has 5 coefficients in each block, 1 is I_PCM: (5 + 16 + 1) >> 1 is 11.
      const five = (nC: number) => `${coeffToken(3, 5, nC)} 000 1 10 ${"0101"}`;
      picture.read(bitsOf([0, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5].map(five).join(" ")), {
        pattern: 15,
      });
      picture.residual.setPcm(1);
      const isLeft = "left" in neighbours;
      const isTop = "top" in neighbours;
      // To the right of the first block only the upper neighbour counts, below it the left one.
      const right = isTop ? 8 : 0;
      const below = isLeft ? 3 : 0;
      const writer = emptyBlocks(nC, right, below, 0);
      expect(picture.read(writer, { address: 4, ...neighbours })).toBe(writer.length);
    });

    it("of Intra16x16DCLevel is that of the first block, and DC does not count later", () => {
      const picture = new Picture();
      const dc = `${coeffToken(1, 1, 0)} 0 1`;
      expect(picture.read(bitsOf(dc), { pattern: 0, is16x16: true })).toBe(bitsOf(dc).length);
      const next = emptyBlocks(0, 0, 0, 0);
      expect(picture.read(next, { address: 1, left: 0 })).toBe(next.length);
      picture.residual.setPcm(1);
      const besidePcm = bitsOf(`${coeffToken(1, 1, 16)} 0 1`);
      expect(picture.read(besidePcm, { address: 2, left: 1, pattern: 0, is16x16: true })).toBe(
        besidePcm.length,
      );
    });

    it("does not take coefficients of a macroblock from before it was skipped", () => {
      const picture = new Picture();
      for (const address of [0, 1, 2]) picture.residual.setPcm(address);
      picture.residual.setEmpty(1, 2);
      const writer = emptyBlocks(0, 0, 0, 0);
      expect(picture.read(writer, { address: 4, left: 1 })).toBe(writer.length);
      for (const left of [0, 2]) {
        const others = emptyBlocks(16, 0, 8, 0);
        expect(picture.read(others, { address: 4, left })).toBe(others.length);
      }
    });

    it("begins pictures of another size without what the last one had", () => {
      const picture = new Picture();
      picture.residual.setPcm(0);
      picture.residual.startSlice(headerOf({ type: "I" }, streamOfFormat({ chromaFormatIdc: 0 })), 4);
      const writer = emptyBlocks(0, 0, 0, 0);
      expect(picture.read(writer, { address: 1, left: 0 })).toBe(writer.length);
    });
  });

  describe("what no block can have is damage:", () => {
    const damages = (bits: string, options = {}) =>
      expect(() => new Picture(1).read(bitsOf(bits), options)).toThrow(Damage);

    it("table 9-5: 16 coefficients in a block of 15", () => {
      const sixteen = "0000000000001000 000 ".concat("1 ", "10 ".repeat(12));
      damages(`1 ${sixteen}`, { pattern: 15, is16x16: true });
      const fifteen = "0000000000001100 000 ".concat("1 ", "10 ".repeat(11));
      const writer = bitsOf(`1 ${fifteen}`);
      for (let block = 1; block < 16; block++) writer.code(coeffToken(0, 0, block < 3 ? 15 : 0));
      expect(new Picture(1).read(writer, { pattern: 15, is16x16: true })).toBe(writer.length);
    });

    // What follows each of these would be read if it were none.
    it("9.2.3: more zeros than places in a block of 15", () => {
      // One coefficient and 14 or 15 zeros.
      const rest = `${coeffToken(0, 0, 1).repeat(2)}${"1".repeat(13)}`;
      const writer = bitsOf(`1 01 0 000000010 ${rest}`);
      expect(new Picture(1).read(writer, { pattern: 15, is16x16: true })).toBe(writer.length);
      damages(`1 01 0 000000001 ${rest}`, { pattern: 15, is16x16: true });
    });

    it("table 9-10: a run of 8 where 7 zeros are left", () => {
      const rest = [3, 3, 0].map((nC) => coeffToken(0, 0, nC)).join("");
      const writer = bitsOf(`00011 000 011 0001 ${rest}`);
      expect(new Picture(1).read(writer)).toBe(writer.length);
      damages(`00011 000 011 00001 ${rest}`);
    });

    it("table 9-5: more trailing ones than coefficients where nC is 8 or more", () => {
      const besidePcm = (bits: string) => {
        const picture = new Picture();
        picture.residual.setPcm(0);
        const writer = bitsOf(bits);
        expect(picture.read(writer, { address: 1, left: 0 })).toBe(writer.length);
      };
      // One coefficient: then nC is 1, 9 and 0.
      besidePcm("000001 0 1 1 000011 1");
      expect(() => besidePcm("000010 00 1 1 000011 1")).toThrow(Damage);
      // Two coefficients: then nC is 2, 9 and 0.
      besidePcm("000110 00 111 11 000011 1");
      expect(() => besidePcm("000111 000 111 11 000011 1")).toThrow(Damage);
    });
  });
});

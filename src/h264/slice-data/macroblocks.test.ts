import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chromaDcBit, firstRowOf8x8Bit, lumaDcBit, Macroblocks } from "./macroblocks.js";

/** Macroblocks of a picture with this size, at the start of its first slice. */
function started(width = 4, height = 3): Macroblocks {
  const macroblocks = new Macroblocks();
  macroblocks.start(width, height);
  macroblocks.startSlice();
  return macroblocks;
}

const none = { left: -1, top: -1 };

describe("Macroblocks", () => {
  describe("6.4.9: neighbours are available", () => {
    it("to the left and above, in the same slice", () => {
      const macroblocks = started();
      for (let address = 0; address < 6; address++) macroblocks.begin(address);
      expect(macroblocks.beside(6)).toEqual({ left: 5, top: 2 });
    });

    it("not across the edges of the picture", () => {
      const macroblocks = started();
      for (let address = 0; address < 9; address++) macroblocks.begin(address);
      expect({ ...macroblocks.beside(0) }).toEqual(none);
      expect({ ...macroblocks.beside(3) }).toEqual({ left: 2, top: -1 });
      expect({ ...macroblocks.beside(4) }).toEqual({ left: -1, top: 0 });
    });

    it("not before they are decoded", () => {
      const macroblocks = started();
      expect({ ...macroblocks.beside(5) }).toEqual(none);
      macroblocks.begin(1);
      expect({ ...macroblocks.beside(5) }).toEqual({ left: -1, top: 1 });
    });

    it("not in another slice, nor in another picture", () => {
      const macroblocks = started();
      for (let address = 0; address < 5; address++) macroblocks.begin(address);
      expect(macroblocks.isInSlice(4)).toBe(true);
      macroblocks.startSlice();
      expect(macroblocks.isInSlice(4)).toBe(false);
      expect({ ...macroblocks.beside(5) }).toEqual(none);
      macroblocks.begin(4);
      expect({ ...macroblocks.beside(5) }).toEqual({ left: 4, top: -1 });
      macroblocks.start(4, 3);
      macroblocks.startSlice();
      expect({ ...macroblocks.beside(5) }).toEqual(none);
    });

    it("when a run of skipped macroblocks adds them to the slice", () => {
      const macroblocks = started();
      macroblocks.addToSlice(1, 5);
      expect([0, 1, 4, 5].map((address) => macroblocks.isInSlice(address))).toEqual([
        false,
        true,
        true,
        false,
      ]);
    });

    it("as `enter` tells them before it begins the macroblock", () => {
      const macroblocks = started();
      macroblocks.begin(4);
      expect({ ...macroblocks.enter(5) }).toEqual({ left: 4, top: -1 });
      expect(macroblocks.isInSlice(5)).toBe(true);
    });
  });

  it("has the size of the picture, and room for two macroblocks after it", () => {
    const macroblocks = started(4, 3);
    expect([macroblocks.width, macroblocks.count, macroblocks.firstSpare]).toEqual([4, 12, 12]);
    expect(macroblocks.skipped).toHaveLength(14);
    macroblocks.start(5, 7);
    expect([macroblocks.width, macroblocks.count, macroblocks.firstSpare]).toEqual([5, 35, 35]);
    const { skipped, direct, intraNxN, chromaMode, transform8x8, codedBlockPattern } = macroblocks;
    const { codedLuma, codedChroma, references, vectors } = macroblocks;
    for (const each of [skipped, direct, intraNxN, chromaMode, transform8x8, codedBlockPattern])
      expect(each).toHaveLength(37);
    for (const each of [codedLuma, codedChroma, references]) expect(each).toHaveLength(37);
    expect(vectors).toHaveLength(37 * 16 * 4);
  });

  it("notes the properties of the current macroblock, and no other's", () => {
    const macroblocks = started();
    const properties = (address: number) => [
      macroblocks.skipped[address],
      macroblocks.direct[address],
      macroblocks.intraNxN[address],
      macroblocks.chromaMode[address],
      macroblocks.transform8x8[address],
      macroblocks.codedBlockPattern[address],
      macroblocks.codedLuma[address],
      macroblocks.codedChroma[address],
    ];
    const expectNoted = (note: () => void, expected: number[]) => {
      macroblocks.begin(5);
      note();
      expect(properties(5)).toEqual(expected);
      for (const other of [4, 6]) expect(properties(other)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    };
    expectNoted(() => {}, [0, 0, 0, 0, 0, 0, 0, 0]);
    expectNoted(() => macroblocks.skip(false), [1, 0, 0, 0, 0, 0, 0, 0]);
    expectNoted(() => macroblocks.skip(true), [1, 1, 0, 0, 0, 0, 0, 0]);
    expectNoted(() => macroblocks.setDirect(), [0, 1, 0, 0, 0, 0, 0, 0]);
    expectNoted(() => macroblocks.setIntra(true), [0, 0, 1, 0, 0, 0, 0, 0]);
    expectNoted(() => {}, [0, 0, 0, 0, 0, 0, 0, 0]);
    expectNoted(() => macroblocks.setIntra(false), [0, 0, 0, 0, 0, 0, 0, 0]);
    expectNoted(() => macroblocks.setChromaMode(), [0, 0, 0, 1, 0, 0, 0, 0]);
    // An I_PCM macroblock counts as coded throughout (9.3.3.1.1.4, 9.3.3.1.1.9).
    expectNoted(() => macroblocks.setPcm(), [0, 0, 0, 0, 0, 0x2f, -1, -1]);
    expectNoted(() => macroblocks.setCoded(0x1b, false), [0, 0, 0, 0, 0, 0x1b, 0, 0]);
    expectNoted(() => macroblocks.setCoded(0x21, true), [0, 0, 0, 0, 1, 0x21, 15 << firstRowOf8x8Bit, 0]);
    expectNoted(() => macroblocks.markLuma((1 << lumaDcBit) | 3), [0, 0, 0, 0, 0, 0, (1 << 16) | 3, 0]);
    expectNoted(() => macroblocks.markLuma(1 << chromaDcBit), [0, 0, 0, 0, 0, 0, 1 << 17, 0]);
    expectNoted(() => macroblocks.markChroma(0, 5), [0, 0, 0, 0, 0, 0, 0, 5]);
    expectNoted(() => {
      macroblocks.markChroma(0, 5);
      macroblocks.markChroma(1, 3);
    }, [0, 0, 0, 0, 0, 0, 0, 5 | (3 << 16)]);
  });

  it("gives each property of a macroblock a bit of its own", () => {
    expect(new Set([lumaDcBit, chromaDcBit, chromaDcBit + 1, firstRowOf8x8Bit]).size).toBe(4);
    expect(Math.min(lumaDcBit, chromaDcBit, firstRowOf8x8Bit)).toBeGreaterThanOrEqual(16);
    expect(firstRowOf8x8Bit + 3).toBeLessThan(32);
    expect(Math.abs(firstRowOf8x8Bit - chromaDcBit)).toBeGreaterThan(1);
  });

  it("forgets references and vectors of the macroblock that had the address in another slice", () => {
    const macroblocks = started();
    macroblocks.begin(5);
    macroblocks.setReference(1, 2, 0, 0, 4, 4);
    macroblocks.setVector(1, 7, 8, 0, 0, 4, 4);
    for (const other of [4, 6]) {
      macroblocks.begin(other);
      macroblocks.setVector(0, 1, 2, 0, 0, 4, 4);
    }
    macroblocks.begin(5);
    expect(macroblocks.references[5]).toBe(0);
    const vectorsOf = (address: number) =>
      new Set(macroblocks.vectors.subarray(address * 64, address * 64 + 64));
    expect(vectorsOf(5)).toEqual(new Set([0]));
    for (const other of [4, 6]) expect(vectorsOf(other)).toEqual(new Set([0, 1, 2]));
  });

  describe("9.3.3.1.1.6: ctxIdxInc of ref_idx is 1 for the left and 2 for the upper partition with ref_idx above 0", () => {
    it.each([0, 1])("list %d, in the same macroblock", (list) => {
      const macroblocks = started();
      macroblocks.begin(0);
      // 8x8 partitions: 1 to the upper right, 1 to the lower left.
      macroblocks.setReference(list, 1, 2, 0, 2, 2);
      const contexts = () =>
        [
          [0, 0],
          [2, 0],
          [0, 2],
          [2, 2],
        ].map(([x, y]) => macroblocks.referenceContext(none, list, x!, y!));
      expect(contexts()).toEqual([0, 0, 0, 2]);
      macroblocks.setReference(list, 1, 0, 2, 2, 2);
      expect(contexts()).toEqual([0, 0, 0, 3]);
      macroblocks.setReference(list, 1, 0, 0, 2, 2);
      expect(contexts()).toEqual([0, 1, 2, 3]);
      expect(macroblocks.referenceContext(none, 1 - list, 2, 2)).toBe(0);
    });

    it.each([0, 1])("list %d, from the macroblocks beside", (list) => {
      const macroblocks = started();
      // Above: its lower left partition. To the left: its upper right one.
      macroblocks.begin(1);
      macroblocks.setReference(list, 3, 0, 2, 2, 2);
      macroblocks.begin(4);
      macroblocks.setReference(list, 1, 2, 0, 2, 2);
      const neighbours = { ...macroblocks.enter(5) };
      expect(macroblocks.referenceContext(neighbours, list, 0, 0)).toBe(3);
      expect(macroblocks.referenceContext(neighbours, list, 2, 0)).toBe(0);
      expect(macroblocks.referenceContext(neighbours, list, 0, 2)).toBe(0);
      expect(macroblocks.referenceContext({ ...neighbours, left: -1 }, list, 0, 0)).toBe(2);
      expect(macroblocks.referenceContext({ ...neighbours, top: -1 }, list, 0, 0)).toBe(1);
      expect(macroblocks.referenceContext(neighbours, 1 - list, 0, 0)).toBe(0);
      // Above: its lower right partition. To the left: its lower right one.
      macroblocks.begin(1);
      macroblocks.setReference(list, 1, 2, 2, 2, 2);
      macroblocks.begin(4);
      macroblocks.setReference(list, 1, 2, 2, 2, 2);
      macroblocks.begin(5);
      expect(macroblocks.referenceContext(neighbours, list, 2, 0)).toBe(2);
      expect(macroblocks.referenceContext(neighbours, list, 0, 2)).toBe(1);
      expect(macroblocks.referenceContext(neighbours, list, 0, 0)).toBe(0);
    });

    it("beside and below the first macroblock", () => {
      const macroblocks = started();
      macroblocks.begin(0);
      macroblocks.setReference(0, 1, 0, 0, 4, 4);
      expect(macroblocks.referenceContext(macroblocks.enter(1), 0, 0, 0)).toBe(1);
      expect(macroblocks.referenceContext(macroblocks.enter(4), 0, 0, 0)).toBe(2);
    });

    it("ref_idx 0 counts as none; that above 1 is noted beside (refIdxZeroFlagN in MBAFF frames)", () => {
      const macroblocks = started();
      macroblocks.begin(0);
      macroblocks.setReference(0, 0, 0, 0, 4, 4);
      expect(macroblocks.references[0]).toBe(0);
      // 16x8: sub-macroblocks 0 and 1; 8x16: 1 and 3. List 1 comes four bits above.
      macroblocks.setReference(0, 1, 0, 0, 4, 2);
      expect(macroblocks.references[0]).toBe(0b0011);
      macroblocks.setReference(1, 2, 2, 0, 2, 4);
      expect(macroblocks.references[0]).toBe(0b1010_0000_1010_0011);
    });
  });

  describe("9.3.3.1.1.7: the sum of absolute mvd of the blocks to the left and above", () => {
    const value = fc.oneof(fc.nat(100), fc.nat(70_000));
    /** Values of 16 blocks, two lists, across and down. */
    const vectorsOfMb = fc.array(value, { minLength: 64, maxLength: 64 });
    const part = fc.tuple(fc.constantFrom(1, 2, 4), fc.constantFrom(1, 2, 4));

    // To the left of and above these is the first macroblock, or another one.
    it.each([1, 4, 5])("of macroblock %d", (current) => {
      fc.assert(
        fc.property(
          vectorsOfMb,
          vectorsOfMb,
          vectorsOfMb,
          part,
          value,
          (left, top, own, [width, height], large) => {
            const macroblocks = started();
            const fill = (address: number, values: readonly number[]) => {
              macroblocks.begin(address);
              for (let block = 0; block < 16; block++)
                for (const list of [0, 1]) {
                  const [across, down] = values.slice(block * 4 + list * 2);
                  macroblocks.setVector(list, across!, down!, block & 3, block >> 2, 1, 1);
                }
            };
            if (current >= 4) fill(current - 4, top);
            if (current !== 4) fill(current - 1, left);
            fill(current, own);
            // A partition: at the upper left where it is small, else at the lower right.
            const kept = own.slice();
            const [fromX, fromY] = [width === 1 ? 1 : 4 - width, height === 1 ? 1 : 4 - height];
            macroblocks.setVector(0, large, large, fromX, fromY, width, height);
            for (let y = fromY; y < fromY + height; y++)
              for (let x = fromX; x < fromX + width; x++)
                kept.fill(large, (y * 4 + x) * 4, (y * 4 + x) * 4 + 2);
            const neighbours = macroblocks.beside(current);
            for (let block = 0; block < 16; block++) {
              const [x, y] = [block & 3, block >> 2];
              for (let of = 0; of < 4; of++) {
                const at = (values: readonly number[], column: number, row: number) =>
                  Math.min(values[(row * 4 + column) * 4 + of]!, 0xffff);
                const a = x > 0 ? at(kept, x - 1, y) : current === 4 ? 0 : at(left, 3, y);
                const b = y > 0 ? at(kept, x, y - 1) : current < 4 ? 0 : at(top, x, 3);
                expect(macroblocks.vectorSum(neighbours, of >> 1, of & 1, x, y)).toBe(a + b);
              }
            }
          },
        ),
        { numRuns: 20 },
      );
    });
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { neighbouringLocation } from "../../../test/support/h264/slice-data/neighbours.js";
import { firstRowOf8x8Bit, type MacroblockNeighbours, Macroblocks } from "./macroblocks.js";
import { MbaffNeighbours } from "./mbaff-neighbours.js";

// Two by two pairs: to the left of pair 3 is pair 2, above it pair 1.
const width = 2;
const current = 3;
const above = 1;
const left = 2;

interface Pairs {
  readonly macroblocks: Macroblocks;
  readonly pairs: MbaffNeighbours;
  /** mb_field_decoding_flag by pair. */
  readonly isField: readonly boolean[];
}

/** The pairs before `last` are decoded, `fill` says how; `last` is begun. */
function decoded(
  isField: readonly boolean[],
  fill: (macroblocks: Macroblocks, address: number) => void = () => {},
  last = current,
): Pairs {
  const macroblocks = new Macroblocks();
  macroblocks.start(width, 4);
  macroblocks.startSlice();
  const pairs = new MbaffNeighbours(macroblocks);
  for (let pair = 0; pair <= last; pair++) {
    pairs.enterPair(pair);
    pairs.isField = isField[pair]!;
    if (pair === last) break;
    for (const address of [2 * pair, 2 * pair + 1]) {
      macroblocks.begin(address);
      fill(macroblocks, address);
    }
  }
  return { macroblocks, pairs, isField };
}

/** Table 6-4, for a macroblock of the pair that was begun. */
const locate = ({ isField }: Pairs, address: number, xN: number, yN: number) =>
  neighbouringLocation(
    {
      width,
      isMbaff: true,
      isAvailable: (other) => other < address,
      isField: (other) => isField[other >> 1]!,
    },
    address,
    xN,
    yN,
  );

const flags = [false, true];
/** mb_field_decoding_flag of the current pair, of that to the left and of that above. */
const combinations = flags.flatMap((own) => flags.flatMap((a) => flags.map((b) => [own, a, b] as const)));
const named = combinations.map(
  ([own, a, b]) =>
    [
      `${own ? "field" : "frame"} macroblocks, ${a ? "fields" : "frames"} to the left, ${b ? "fields" : "frames"} above`,
      [false, b, a, own],
    ] as const,
);

describe("MbaffNeighbours", () => {
  describe("table 6-4: the macroblocks to the left and above", () => {
    it.each(named)("%s", (_, isField) => {
      const all = decoded(isField);
      for (const address of [6, 7]) {
        all.macroblocks.begin(address);
        expect({ ...all.pairs.beside(address) }).toEqual({
          left: locate(all, address, -1, 0)!.address,
          top: locate(all, address, 0, -1)!.address,
        });
      }
    });

    it("worked out by hand: below a frame pair a top field macroblock has the bottom one above it, below a field pair the top one", () => {
      const below = (isFieldAbove: boolean) =>
        decoded([false, isFieldAbove, false, true]).pairs.beside(6).top;
      expect(below(false)).toBe(2 * above + 1);
      expect(below(true)).toBe(2 * above);
    });
  });

  describe("table 6-4: the 4x4 block to the left of each row", () => {
    it.each(named)("%s", (_, isField) => {
      const all = decoded(isField);
      for (const address of [6, 7]) {
        for (let row = 0; row < 4; row++) {
          const location = locate(all, address, -1, row * 4)!;
          expect(all.pairs.leftBlock(address, row)).toBe(location.address * 4 + (location.y >> 2));
        }
      }
    });

    it("worked out by hand: beside frames the four rows of a field are rows 0 and 2 of both macroblocks", () => {
      const { pairs } = decoded([false, false, false, true]);
      const rows = [4 * 4, 4 * 4 + 2, 5 * 4, 5 * 4 + 2];
      expect([0, 1, 2, 3].map((row) => pairs.leftBlock(6, row))).toEqual(rows);
      expect([0, 1, 2, 3].map((row) => pairs.leftBlock(7, row))).toEqual(rows);
    });

    it("worked out by hand: beside fields the rows of both frame macroblocks are those of the top field", () => {
      const { pairs } = decoded([false, false, true, false]);
      expect([0, 1, 2, 3].map((row) => pairs.leftBlock(6, row))).toEqual([16, 16, 17, 17]);
      expect([0, 1, 2, 3].map((row) => pairs.leftBlock(7, row))).toEqual([18, 18, 19, 19]);
    });
  });

  it("6.4.10: pairs are not available across the edges of the picture, nor of another slice", () => {
    const { macroblocks, pairs } = decoded([false, false, false, false]);
    const availableOf = (pair: number) => {
      pairs.enterPair(pair);
      const { left: a, top: b } = pairs.beside(2 * pair);
      return { left: a, top: b, block: pairs.leftBlock(2 * pair, 0) };
    };
    expect(availableOf(0)).toEqual({ left: -1, top: -1, block: -1 });
    expect(availableOf(1)).toEqual({ left: 0, top: -1, block: 0 });
    expect(availableOf(2)).toEqual({ left: -1, top: 1, block: -1 });
    macroblocks.startSlice();
    expect(availableOf(3)).toEqual({ left: -1, top: -1, block: -1 });
    // The bottom macroblock of a frame pair has the top one above it in any case.
    expect({ ...pairs.beside(7) }).toEqual({ left: -1, top: 6 });
    expect({ ...pairs.besideOrSubstitute(7) }).toEqual({ left: -1, top: 6 });
    expect({ ...pairs.besideOrSubstitute(6) }).toEqual({ left: -1, top: -1 });
  });

  describe("7.4.4: mb_field_decoding_flag is inferred", () => {
    const inferred = (isField: readonly boolean[], isLeftAvailable: boolean, isTopAvailable: boolean) => {
      const { macroblocks, pairs } = decoded(isField);
      macroblocks.startSlice();
      if (isLeftAvailable) macroblocks.begin(2 * left);
      if (isTopAvailable) macroblocks.begin(2 * above);
      pairs.enterPair(current);
      return { isField: pairs.isField, context: pairs.fieldContext };
    };

    it.each(combinations)(
      "own %s, left %s, above %s: from the left, else from above, else a frame",
      (own, a, b) => {
        const isField = [false, b, a, own];
        expect(inferred(isField, true, true).isField).toBe(a);
        expect(inferred(isField, true, false).isField).toBe(a);
        expect(inferred(isField, false, true).isField).toBe(b);
        expect(inferred(isField, false, false).isField).toBe(false);
      },
    );

    it.each(combinations)(
      "9.3.3.1.1.2: own %s, left %s, above %s: its ctxIdxInc counts the field pairs",
      (own, a, b) => {
        const isField = [false, b, a, own];
        expect(inferred(isField, true, true).context).toBe(Number(a) + Number(b));
        expect(inferred(isField, true, false).context).toBe(Number(a));
        expect(inferred(isField, false, true).context).toBe(Number(b));
        expect(inferred(isField, false, false).context).toBe(0);
      },
    );
  });

  it("begins pictures of another size without the flags of the last one", () => {
    const macroblocks = new Macroblocks();
    const pairs = new MbaffNeighbours(macroblocks);
    macroblocks.start(2, 4);
    macroblocks.startSlice();
    pairs.enterPair(2);
    pairs.isField = true;
    macroblocks.start(3, 4);
    macroblocks.startSlice();
    macroblocks.begin(4);
    pairs.enterPair(3);
    expect(pairs.isField).toBe(false);
    pairs.enterPair(5);
    pairs.isField = true;
    expect(pairs.isField).toBe(true);
  });

  describe("what contexts depend on is as table 6-4 says, substituted or not:", () => {
    /** Any values for each macroblock. */
    const values = fc.record({
      flags: fc.nat(31),
      pattern: fc.nat(47),
      codedLuma: fc.nat(2 ** 24 - 1),
      codedChroma: fc.nat(2 ** 32 - 1),
      references: fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }),
      vectors: fc.array(fc.oneof(fc.nat(100), fc.nat(0xffff)), { minLength: 64, maxLength: 64 }),
    });
    const filledMacroblocks = fc.array(values, { minLength: 7, maxLength: 7 });

    it.each(named)("%s", (_, isField) => {
      fc.assert(
        fc.property(filledMacroblocks, (filled) => {
          const all = decoded(isField, (macroblocks, address) =>
            fill(macroblocks, address, filled[address]!),
          );
          for (const address of [6, 7]) {
            // A bottom frame macroblock has the top one above it.
            if (!isField[current] && address === 7) fill(all.macroblocks, 6, filled[6]!);
            all.macroblocks.begin(address);
            expectSeen(all, address, { ...all.pairs.besideOrSubstitute(address) });
          }
        }),
        { numRuns: 40 },
      );
    });

    it.each(flags.flatMap((own) => flags.map((other) => [own, other] as const)))(
      "field macroblocks %s, beside and below the first pair: fields %s",
      (own, other) => {
        fc.assert(
          fc.property(filledMacroblocks, fc.constantFrom(1, 2), (filled, pair) => {
            const isField = [other, own, own, own];
            const all = decoded(
              isField,
              (macroblocks, address) => fill(macroblocks, address, filled[address]!),
              pair,
            );
            expect(all.pairs.fieldContext).toBe(Number(other));
            for (const address of [2 * pair, 2 * pair + 1]) {
              all.macroblocks.begin(address);
              expectSeen(all, address, { ...all.pairs.besideOrSubstitute(address) });
              fill(all.macroblocks, address, filled[6]!);
            }
            all.pairs.enterPair(pair);
            expect(all.pairs.isField).toBe(other);
          }),
          { numRuns: 40 },
        );
      },
    );
  });
});

interface Values {
  readonly flags: number;
  readonly pattern: number;
  readonly codedLuma: number;
  readonly codedChroma: number;
  readonly references: readonly number[];
  readonly vectors: readonly number[];
}

function fill(macroblocks: Macroblocks, address: number, values: Values): void {
  macroblocks.begin(address);
  marksOf(macroblocks).forEach((marks, index) => {
    marks[address] = (values.flags >> index) & 1;
  });
  macroblocks.codedBlockPattern[address] = values.pattern;
  macroblocks.codedLuma[address] = values.codedLuma;
  macroblocks.codedChroma[address] = values.codedChroma;
  for (const [index, reference] of values.references.entries())
    macroblocks.setReference(index >> 2, reference, (index & 1) * 2, index & 2, 2, 2);
  for (let block = 0; block < 16; block++)
    for (const list of [0, 1]) {
      const [across, down] = values.vectors.slice(block * 4 + list * 2);
      macroblocks.setVector(list, across!, down!, block & 3, block >> 2, 1, 1);
    }
}

const marksOf = ({ skipped, direct, intraNxN, chromaMode, transform8x8 }: Macroblocks) => [
  skipped,
  direct,
  intraNxN,
  chromaMode,
  transform8x8,
];

/** Compares what is read through `seen` with the macroblocks that table 6-4 names. */
function expectSeen(all: Pairs, address: number, seen: MacroblockNeighbours): void {
  const { macroblocks, isField } = all;
  const { codedBlockPattern, codedLuma, codedChroma, vectors } = macroblocks;
  const isCurrentField = isField[address >> 1]!;
  for (const side of ["left", "top"] as const) {
    /** The neighbour of the 4x4 block `at` along that side. */
    const locationAt = (at: number) =>
      side === "left" ? locate(all, address, -1, at * 4) : locate(all, address, at * 4, -1);
    const first = locationAt(0);
    const actual = seen[side];
    if (first === undefined) {
      expect(actual).toBe(-1);
      continue;
    }
    const only = { left: -1, top: -1, [side]: actual };
    for (const marks of marksOf(macroblocks)) expect(marks[actual]).toBe(marks[first.address]);
    // CodedBlockPatternChroma and the DC blocks are those of the macroblock beside the first
    // sample.
    expect(codedBlockPattern[actual]! >> 4).toBe(codedBlockPattern[first.address]! >> 4);
    expect((codedLuma[actual]! >> 16) & 7).toBe((codedLuma[first.address]! >> 16) & 7);
    for (let at = 0; at < 4; at++) {
      const [x, y] = side === "left" ? [0, at] : [at, 0];
      const block = side === "left" ? at * 4 + 3 : 12 + at;
      const location = locationAt(at)!;
      const other = location.address;
      const source = (location.y >> 2) * 4 + (location.x >> 2);
      const isOtherField = isField[other >> 1]!;
      const expectSameBit = (values: ArrayLike<number>, bitOf: (block: number) => number) =>
        expect((values[actual]! >> bitOf(block)) & 1).toBe((values[other]! >> bitOf(source)) & 1);
      expectSameBit(codedLuma, (of) => of);
      expectSameBit(codedLuma, (of) => firstRowOf8x8Bit + (of >> 2));
      for (const component of [0, 16]) expectSameBit(codedChroma, (of) => component + of);
      for (const list of [0, 1]) {
        for (const component of [0, 1]) {
          const value = vectors[(other * 16 + source) * 4 + list * 2 + component]!;
          const isSame = component === 0 || isOtherField === isCurrentField;
          const absMvdComp = isSame ? value : isOtherField ? Math.min(value * 2, 0xffff) : value >> 1;
          expect(macroblocks.vectorSum(only, list, component, x, y)).toBe(absMvdComp);
        }
        // 8x8 blocks and ref_idx have neighbours beside their first sample only (6.4.11.2,
        // 6.4.11.7).
        if (at % 2 === 1) continue;
        const quarter = (of: number) => ((of >> 3) << 1) | ((of >> 1) & 1);
        expectSameBit(codedBlockPattern, quarter);
        const bit = list * 4 + quarter(source) + (isOtherField && !isCurrentField ? 8 : 0);
        const isGreater = (macroblocks.references[other]! >> bit) & 1;
        expect(macroblocks.referenceContext(only, list, x, y)).toBe(isGreater * (side === "left" ? 1 : 2));
      }
    }
  }
}

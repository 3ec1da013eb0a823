import { describe, expect, it } from "vitest";
import { annexB, toHex } from "../../../test/support/bytes.js";
import { assemble, idr, p } from "../../../test/support/h264/assembling.js";
import { delimiter, sliceNal } from "../../../test/support/h264/coded-picture.js";
import { ppsNal, type SpsSyntax, spsNal, timing } from "../../../test/support/h264/h264-syntax.js";

const sps = spsNal();
const pps = ppsNal();
const withVui = spsNal({ vui: timing(1, 60) });

function unitsOf(...nals: Uint8Array[]) {
  const stream = assemble();
  stream.nals(...nals);
  stream.parser.close();
  return {
    units: stream.units.items,
    types: stream.units.items.map(({ nalUnits }) => nalUnits.map(({ type }) => type)),
    codes: stream.issues.list().map(({ code }) => code),
  };
}

describe("an SPS that changes without an IDR picture", () => {
  const alike: [string, SpsSyntax][] = [
    ["VUI", { vui: timing(1, 60) }],
    ["level", { levelIdc: 51 }],
    ["cropping", { crop: [0, 2, 0, 0] }],
  ];
  it.each(alike)("waits for the next one if only its %s is new, and decoders do not see it", (_, syntax) => {
    const next = spsNal(syntax);
    const { units, types, codes } = unitsOf(sps, pps, idr, p(1), next, pps, p(2), next, pps, p(3), idr, p(1));
    expect(codes).toEqual([]);
    expect(types).toEqual([[7, 8, 5], [1], [8, 1], [8, 1], [7, 8, 5], [1]]);
    const setsOf = units.map(({ parameterSets }) => toHex(parameterSets));
    expect(setsOf.slice(0, 4)).toEqual(Array(4).fill(toHex(annexB(sps, pps))));
    expect(setsOf.slice(4)).toEqual(Array(2).fill(toHex(annexB(next, pps))));
    expect(toHex(units[4]!.data)).toBe(toHex(annexB(next, pps, idr)));
    expect(new Set(units.slice(0, 4).map(({ format }) => format)).size).toBe(1);
    expect(units[4]!.format).not.toBe(units[3]!.format);
  });

  it("comes with all PPSs, of which a decoder forgets those of the SPS before", () => {
    const { types, units } = unitsOf(sps, pps, idr, delimiter, withVui, idr);
    expect(types[1]).toEqual([9, 7, 8, 5]);
    expect(toHex(units[1]!.data)).toBe(toHex(annexB(delimiter, withVui, pps, idr)));
  });

  it("is forgotten when the one in place comes again", () => {
    const { types } = unitsOf(sps, pps, idr, withVui, p(1), sps, pps, p(2), idr);
    expect(types).toEqual([[7, 8, 5], [1], [7, 8, 1], [5]]);
  });

  it("is in place at once for the next sender", () => {
    const { nals, units, parser, endOfInput } = assemble();
    nals(sps, pps, idr, withVui, p(1));
    endOfInput();
    nals(p(2));
    parser.close();
    expect(units.items.map(({ format }) => format.pictureRate)).toEqual([undefined, undefined, 30]);
  });

  const others: [string, SpsSyntax][] = [
    ["size", { widthInMbs: 10 }],
    ["number of reference frames", { maxNumRefFrames: 2 }],
  ];
  it.each(others)("is a loss if its %s is new, even if frame_num continues", (_, syntax) => {
    const next = spsNal(syntax);
    const { units, codes } = unitsOf(sps, pps, idr, p(1), next, pps, p(2), p(3), idr, sps, pps, idr);
    expect(codes).toEqual(["changed-without-idr"]);
    expect(units.map(({ discontinuity }) => discontinuity)).toEqual([true, false, true, false, false, false]);
  });

  it("is one under another id, too, unless nothing but the id is new", () => {
    const slice = p(2, { ppsId: 1 });
    const other = (syntax: SpsSyntax) => [spsNal({ ...syntax, id: 1 }), ppsNal({ id: 1, spsId: 1 })];
    expect(unitsOf(sps, pps, idr, p(1), ...other({}), slice).codes).toEqual([]);
    expect(unitsOf(sps, pps, idr, p(1), ...other({ levelIdc: 51 }), slice).codes).toEqual([
      "changed-without-idr",
    ]);
  });
});

describe("the parameter sets of an access unit", () => {
  it("are those that its pictures need, and the same object until one of them changes", () => {
    const [spsA, spsB] = [spsNal(), spsNal({ id: 1 })];
    const [ppsA, ppsB, changed] = [ppsNal(), ppsNal({ id: 1, spsId: 1 }), ppsNal({ weightedPred: true })];
    const idrB = sliceNal({ idr: true, ppsId: 1 }, { sps: { id: 1 }, pps: { id: 1, spsId: 1 } });
    const { units } = unitsOf(spsA, spsB, ppsA, ppsB, idr, idrB, idr, changed, idrB, idr);
    const sets = units.map(({ parameterSets }) => parameterSets);
    expect(sets.map(toHex)).toEqual(
      [
        annexB(spsA, ppsA),
        annexB(spsB, ppsB),
        annexB(spsA, ppsA),
        annexB(spsB, ppsB),
        annexB(spsA, changed),
      ].map(toHex),
    );
    expect(sets[2]).toBe(sets[0]);
    expect(sets[3]).toBe(sets[1]);
  });
});

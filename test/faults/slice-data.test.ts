import { describe, expect, it } from "vitest";
import type { AccessUnit } from "../../dist/h264/access-unit.js";
import { CabacSliceData } from "../../dist/h264/cabac-slice-data.js";
import { ParameterSets } from "../../dist/h264/parameter-sets.js";
import { SliceDataCheck } from "../../dist/h264/slice-data-check.js";
import { parseSliceHeader } from "../../dist/h264/slice-header.js";
import { clip } from "../../scripts/faults/clips.mjs";

const isSlice = ({ type }: { type: number }) => type === 1 || type === 5;

/** The access units of a clip, and whether their slices are found to be damaged. */
function checked(name: string) {
  const units: AccessUnit[] = clip(name).pictures.map(({ unit }) => unit);
  const sets = new ParameterSets();
  const { data, nalUnits } = units[0]!;
  for (const { type, refIdc, offset, length } of nalUnits)
    if (type === 7 || type === 8) sets.put({ type, refIdc, data: data.subarray(offset, offset + length) });
  const check = new SliceDataCheck();
  return {
    units,
    sets,
    findsDamage: (unit: Pick<AccessUnit, "data" | "nalUnits">) =>
      check.findsDamage(unit.data, unit.nalUnits, sets),
  };
}

/** The access unit without `count` bytes of its last slice, from `at` on. */
function withoutBytes(unit: AccessUnit, at: number, count: number) {
  const last = unit.nalUnits.at(-1)!;
  const from = last.offset + at;
  const data = Buffer.concat([unit.data.subarray(0, from), unit.data.subarray(from + count)]);
  return { data, nalUnits: [...unit.nalUnits.slice(0, -1), { ...last, length: last.length - count }] };
}

describe("slices coded with CABAC that end with their last bit are whole, others are not:", () => {
  // One slice of `large` is longer than 64 KiB.
  it.each([
    "p-cabac",
    "p-grain",
    "slices-4",
    "b-2",
    "b-pyramid",
    "open-gop",
    "large",
    "high-10",
    "high-422",
    "mbaff",
    "mbaff-b",
    "mbaff-refs",
    "mbaff-422",
    "mbaff-444",
    "high-444",
    "grain-444",
    "lossless-444",
    "pcm-444",
  ])("%s", (name) => {
    const { units, findsDamage } = checked(name);
    for (const unit of units) expect(findsDamage(unit)).toBe(false);

    let cuts = 0;
    let unnoticed = 0;
    for (const unit of units.slice(0, 40)) {
      const { length } = unit.nalUnits.at(-1)!;
      const step = length > 4000 ? 11 : 1;
      for (let count = 1; count < Math.min(24, length - 12); count += step) {
        cuts++;
        if (!findsDamage(withoutBytes(unit, length - count, count))) unnoticed++;
        if (!findsDamage(withoutBytes(unit, length - 4 - count, count))) unnoticed++;
      }
    }
    expect(cuts).toBeGreaterThan(100);
    expect(unnoticed / cuts).toBeLessThan(0.002);
  });

  it("pictures above the size of level 5.2, of which a byte can hold thousands of macroblocks, are not read", () => {
    const { units, sets } = checked("p-cabac");
    const { data, nalUnits } = units[0]!;
    const { type, refIdc, offset, length } = nalUnits.find(isSlice)!;
    const header = parseSliceHeader({ type, refIdc, data: data.subarray(offset, offset + length) }, sets);
    const sized = (picWidthInMbs: number, frameHeightInMbs: number) =>
      CabacSliceData.canRead({ ...header, sps: { ...header.sps, picWidthInMbs, frameHeightInMbs } });
    expect(sized(256, 144)).toBe(true);
    expect(sized(256, 145)).toBe(false);
  });

  it("a missing slice is damage too", () => {
    const { units, findsDamage } = checked("slices-4");
    for (const { data, nalUnits } of units) {
      for (const lost of nalUnits.filter(isSlice))
        expect(findsDamage({ data, nalUnits: nalUnits.filter((nal) => nal !== lost) })).toBe(true);
    }
  });
});

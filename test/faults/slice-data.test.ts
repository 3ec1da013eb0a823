import { describe, expect, it } from "vitest";
import { IssueCounter } from "../../dist/core/issues.js";
import { microseconds } from "../../dist/core/time.js";
import type { AccessUnit } from "../../dist/h264/access-unit.js";
import { receiveAccessUnits } from "../../dist/h264/access-units/receive-access-units.js";
import { canReadSliceData } from "../../dist/h264/slice-data/slice-data.js";
import { SliceDataCheck } from "../../dist/h264/slice-data/slice-data-check.js";
import { ParameterSets } from "../../dist/h264/syntax/parameter-sets.js";
import { parseSliceHeader } from "../../dist/h264/syntax/slice-header.js";
import { clip } from "../../tools/faults/clips/clips.mjs";

const isSlice = ({ type }: { type: number }) => type === 1 || type === 5;

/** The access units of a clip, and whether their slices are found to be damaged. */
function checked(name: string) {
  const units: AccessUnit[] = clip(name).pictures.map(({ unit }) => unit);
  const sets = new ParameterSets();
  const { data, nalUnits } = units[0]!;
  for (const { type, refIdc, offset, length } of nalUnits)
    if (type === 7 || type === 8) sets.put({ type, refIdc, data: data.subarray(offset, offset + length) });
  const check = new SliceDataCheck(true);
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

/**
 * How often bytes are missing, of 1 to 23 of them at the end of a slice and as often four bytes
 * before it, and is not noticed.
 */
function cutsOf({ units, findsDamage }: ReturnType<typeof checked>) {
  const counts = { cuts: 0, unnoticedAtEnd: 0, unnoticedWithin: 0 };
  for (const unit of units.slice(0, 40)) {
    const { length } = unit.nalUnits.at(-1)!;
    const step = length > 4000 ? 11 : 1;
    for (let count = 1; count < Math.min(24, length - 12); count += step) {
      counts.cuts++;
      if (!findsDamage(withoutBytes(unit, length - count, count))) counts.unnoticedAtEnd++;
      if (!findsDamage(withoutBytes(unit, length - 4 - count, count))) counts.unnoticedWithin++;
    }
  }
  return counts;
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
    const all = checked(name);
    for (const unit of all.units) expect(all.findsDamage(unit)).toBe(false);
    const { cuts, unnoticedAtEnd, unnoticedWithin } = cutsOf(all);
    expect(cuts).toBeGreaterThan(100);
    expect((unnoticedAtEnd + unnoticedWithin) / cuts).toBeLessThan(0.002);
  });

  it("pictures above the size of level 5.2, of which a byte can hold thousands of macroblocks, are not read", () => {
    const { units, sets } = checked("p-cabac");
    const { data, nalUnits } = units[0]!;
    const { type, refIdc, offset, length } = nalUnits.find(isSlice)!;
    const header = parseSliceHeader({ type, refIdc, data: data.subarray(offset, offset + length) }, sets);
    const sized = (picWidthInMbs: number, frameHeightInMbs: number) =>
      canReadSliceData({ ...header, sps: { ...header.sps, picWidthInMbs, frameHeightInMbs } });
    expect(sized(256, 144)).toBe(true);
    expect(sized(256, 145)).toBe(false);
  });

  it.each(["slices-4", "slices-4-cavlc", "mbaff-b", "mbaff-cavlc"])(
    "a missing slice is damage too: %s",
    (name) => {
      const { units, findsDamage } = checked(name);
      for (const { data, nalUnits } of units) {
        for (const lost of nalUnits.filter(isSlice))
          expect(findsDamage({ data, nalUnits: nalUnits.filter((nal) => nal !== lost) })).toBe(true);
      }
    },
  );
});

// Codes of CAVLC soon fall into step again after a gap, so that as many macroblocks may be read
// without some bytes within.
describe("slices coded with CAVLC that end with their last bit are whole, shorter ones are not:", () => {
  it.each([
    "p-cavlc",
    "p-grain-cavlc",
    "slices-4-cavlc",
    "b-pyramid-cavlc",
    "baseline",
    "fields",
    "layers",
    "mbaff-cavlc",
    "mbaff-422-cavlc",
    "mbaff-444-cavlc",
    "high-10-cavlc",
    "high-422-cavlc",
    "high-444-cavlc",
    "lossless-444-cavlc",
    "pcm-cavlc",
    "large-levels-cavlc",
    "noise-422-cavlc",
    "grey-cavlc",
  ])("%s", (name) => {
    const all = checked(name);
    for (const unit of all.units) expect(all.findsDamage(unit)).toBe(false);
    const { cuts, unnoticedAtEnd, unnoticedWithin } = cutsOf(all);
    expect(cuts).toBeGreaterThan(100);
    expect(unnoticedAtEnd).toBe(0);
    expect(unnoticedWithin / cuts).toBeLessThan(0.1);
  });
});

describe("access units say that bytes of CAVLC slices are missing", () => {
  /** `broken` of a sound picture, and of the next one without its last bytes. */
  function brokenOf(options: { readsCavlc?: boolean }) {
    const { pictures } = clip("p-grain-cavlc");
    const [sound, next] = pictures.slice(1, 3).map((picture) => picture.bytes);
    const units: AccessUnit[] = [];
    const sink = { push: (unit: AccessUnit) => void units.push(unit), close() {} };
    const clock = { now: () => microseconds(0), startTimer: () => () => {} };
    const { input } = receiveAccessUnits(sink, clock, new IssueCounter(), options);
    const shorter = next!.subarray(0, next!.length - 20);
    for (const data of [pictures[0]!.bytes, sound!, shorter, sound!])
      input.push({ data, receivedAt: microseconds(0), framing: "none" });
    return units.slice(1, 3).map(({ broken, data }) => ({ broken, isLong: data.length > 4096 }));
  }

  it("where the decoder does not, of pictures that are read in less than a millisecond", () => {
    expect(brokenOf({ readsCavlc: true })).toEqual([
      { broken: false, isLong: true },
      { broken: true, isLong: true },
    ]);
  });

  it("not where it does", () => {
    expect(brokenOf({})).toEqual([
      { broken: false, isLong: true },
      { broken: false, isLong: true },
    ]);
  });
});

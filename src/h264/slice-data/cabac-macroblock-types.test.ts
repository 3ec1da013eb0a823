import { describe, expect, it } from "vitest";
import { readBins } from "../../../test/support/h264/slice-data/bins.js";
import {
  bMacroblockBins,
  bSubMacroblockBins,
  intraBins,
  intraPrefixOfB,
  pSubMacroblockBins,
  scriptOf,
} from "../../../test/support/h264/slice-data/type-bins.js";
import { readIntraType, readSubShapeOfP, readSubTypeOfB, readTypeOfB } from "./cabac-macroblock-types.js";

describe("readIntraType", () => {
  it.each([3, 17, 32] as const)(
    "table 9-36: mb_type 0 to 25 with ctxIdxOffset %d (tables 9-39, 9-41)",
    (offset) => {
      expect(intraBins).toHaveLength(26);
      for (const [type, bins] of intraBins.entries())
        expect(readBins(scriptOf(offset, bins), (cabac) => readIntraType(cabac, offset, 0))).toBe(type);
    },
  );

  it.each([0, 1, 2])(
    "9.3.3.1.1.3: the first bin in an I slice has ctxIdxInc %d beside as many neighbours",
    (neighbours) => {
      const read = (cabac: Parameters<typeof readIntraType>[0]) => readIntraType(cabac, 3, neighbours);
      expect(readBins(`${3 + neighbours}:0`, read)).toBe(0);
      expect(readBins(`${3 + neighbours}:1 t1`, read)).toBe(25);
    },
  );

  it.each([17, 32] as const)("table 9-39: neighbours do not count with ctxIdxOffset %d", (offset) => {
    expect(readBins(`${offset}:0`, (cabac) => readIntraType(cabac, offset, 2))).toBe(0);
  });
});

describe("readTypeOfB", () => {
  // The first bin chooses between B_Direct_16x16 and all others, and is read before.
  const rest = (bins: string) => scriptOf(27, bins).split(" ").slice(1).join(" ");

  it("table 9-37: mb_type 1 to 22 (tables 9-39, 9-41)", () => {
    expect(bMacroblockBins).toHaveLength(23);
    for (const [type, bins] of bMacroblockBins.entries())
      if (type > 0) expect(readBins(rest(bins), readTypeOfB)).toBe(type);
  });

  it("table 9-37: the prefix of an I macroblock", () => {
    expect(readBins(rest(intraPrefixOfB), readTypeOfB)).toBe(113);
  });
});

describe("readSubShapeOfP", () => {
  it("table 9-38: 8x8, 8x4, 4x8, 4x4", () => {
    expect(pSubMacroblockBins).toHaveLength(4);
    for (const [type, bins] of pSubMacroblockBins.entries())
      expect(readBins(scriptOf(21, bins), readSubShapeOfP)).toBe(type);
  });
});

describe("readSubTypeOfB", () => {
  it("table 9-38: sub_mb_type 0 to 12 (tables 9-39, 9-41)", () => {
    expect(bSubMacroblockBins).toHaveLength(13);
    for (const [type, bins] of bSubMacroblockBins.entries())
      expect(readBins(scriptOf(36, bins), readSubTypeOfB)).toBe(type);
  });
});

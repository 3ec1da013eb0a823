import { expect, it } from "vitest";
import { beginsAccessUnit, hasSliceHeader, isSlice, NalUnitType, parseNalUnitHeader } from "./nal-unit.js";

const types = Array.from({ length: 32 }, (_, type) => type);

it("parses the header byte", () => {
  expect(parseNalUnitHeader(0x67)).toEqual({
    forbiddenZeroBit: false,
    refIdc: 3,
    type: NalUnitType.sequenceParameterSet,
  });
  expect(parseNalUnitHeader(0x81)).toEqual({
    forbiddenZeroBit: true,
    refIdc: 0,
    type: NalUnitType.codedSliceNonIdr,
  });
});

it("sorts the types as table 7-1 and 7.4.1.2.3 do", () => {
  expect(types.filter(isSlice)).toEqual([1, 2, 3, 4, 5]);
  expect(types.filter(hasSliceHeader)).toEqual([1, 2, 5, 19]);
  expect(types.filter(beginsAccessUnit)).toEqual([6, 7, 8, 9, 14, 15, 16, 17, 18]);
});

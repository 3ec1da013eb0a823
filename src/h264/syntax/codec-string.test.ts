import { expect, it } from "vitest";
import { type SpsSyntax, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { codecString, levelName, profileName } from "./codec-string.js";
import { parseSequenceParameterSet } from "./sequence-parameter-set.js";

const parse = (profileIdc: number, constraintSetFlags: number, levelIdc: number) => {
  const syntax: SpsSyntax = { profileIdc, constraintSetFlags, levelIdc };
  const isHigh = ![66, 77, 88, 123].includes(profileIdc);
  if (isHigh) syntax.format = (writer) => void writer.ue(1, 0, 0).flag(false, false);
  return parseSequenceParameterSet(spsNal(syntax));
};

it.each([
  [66, 0x00, 10, "avc1.42000A", "Baseline", "1.0"],
  [66, 0xc0, 30, "avc1.42C01E", "Constrained Baseline", "3.0"],
  [66, 0xd0, 11, "avc1.42D00B", "Constrained Baseline", "1b"],
  [77, 0x00, 11, "avc1.4D000B", "Main", "1.1"],
  [88, 0x00, 31, "avc1.58001F", "Extended", "3.1"],
  [100, 0x00, 40, "avc1.640028", "High", "4.0"],
  [100, 0x08, 42, "avc1.64082A", "Progressive High", "4.2"],
  [100, 0x0c, 42, "avc1.640C2A", "Constrained High", "4.2"],
  [100, 0x00, 9, "avc1.640009", "High", "1b"],
  [110, 0x00, 51, "avc1.6E0033", "High 10", "5.1"],
  [110, 0x10, 51, "avc1.6E1033", "High 10 Intra", "5.1"],
  [122, 0x00, 41, "avc1.7A0029", "High 4:2:2", "4.1"],
  [122, 0x10, 41, "avc1.7A1029", "High 4:2:2 Intra", "4.1"],
  [244, 0x00, 52, "avc1.F40034", "High 4:4:4 Predictive", "5.2"],
  [244, 0x10, 52, "avc1.F41034", "High 4:4:4 Intra", "5.2"],
  [44, 0x10, 52, "avc1.2C1034", "CAVLC 4:4:4 Intra", "5.2"],
  [118, 0x00, 40, "avc1.760028", "Multiview High", "4.0"],
  [123, 0x00, 40, "avc1.7B0028", "profile 123", "4.0"],
])(
  "profile_idc %d, flags %d, level_idc %d: %s, %s, %s",
  (profileIdc, flags, levelIdc, codec, profile, level) => {
    const sps = parse(profileIdc, flags, levelIdc);
    expect([codecString(sps), profileName(sps), levelName(sps)]).toEqual([codec, profile, level]);
  },
);

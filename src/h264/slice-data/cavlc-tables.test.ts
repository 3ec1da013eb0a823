import { describe, expect, it } from "vitest";
import { bytesOf } from "../../../test/support/h264/slice-data/bins.js";
import {
  codedBlockPatterns,
  coeffTokens,
  runBefore as printedRunBefore,
  totalZeros as printedTotalZeros,
  totalZerosOfChromaDc420,
  totalZerosOfChromaDc422,
} from "../../../test/support/h264/slice-data/cavlc-tables.js";
import { CavlcReader } from "./cavlc-reader.js";
import {
  type CodeTable,
  coeffTokens0,
  coeffTokens2,
  coeffTokens4,
  coeffTokensChromaDc420,
  coeffTokensChromaDc422,
  interLumaPatterns,
  interPatterns,
  intraLumaPatterns,
  intraPatterns,
  runBefore,
  totalZeros,
  totalZerosChromaDc420,
  totalZerosChromaDc422,
} from "./cavlc-tables.js";
import { Damage } from "./slice-data.js";

/** Reads one code, after `before` bits and before `after`. */
function read(table: CodeTable, code: string, after: string): { value: number; length: number } {
  const reader = new CavlcReader();
  reader.start(bytesOf(Array.from(`101${code}${after}`, Number)), 3);
  return { value: reader.code(table), length: reader.position - 3 };
}

/**
 * Whatever follows it, each code is read with its value and its length; bits that begin no code are
 * damage.
 */
function expectCodes(table: CodeTable, codes: readonly (readonly [code: string, value: number])[]): void {
  for (const [code, value] of codes) {
    for (const after of ["000", "111", "1", "0101"])
      expect(read(table, code, after), code).toEqual({ value, length: code.length });
  }
  for (let zeros = 0; zeros <= 20; zeros++) {
    for (const suffix of ["000", "001", "010", "011", "100", "101", "110", "111"]) {
      const bits = `${"0".repeat(zeros)}1${suffix}`;
      if (!codes.some(([code]) => bits.startsWith(code)))
        expect(() => read(table, bits, ""), bits).toThrow(Damage);
    }
  }
}

describe("table 9-5: coeff_token", () => {
  it.each([
    ["nC 0 and 1", "0", coeffTokens0, 62],
    ["nC 2 and 3", "2", coeffTokens2, 62],
    ["nC 4 to 7", "4", coeffTokens4, 62],
    ["nC -1", "-1", coeffTokensChromaDc420, 14],
    ["nC -2", "-2", coeffTokensChromaDc422, 30],
  ] as const)("%s", (_, nC, table, count) => {
    const codes = coeffTokens
      .filter(({ codes }) => codes[nC] !== "-")
      .map(({ trailingOnes, totalCoeff, codes }) => [codes[nC], totalCoeff * 4 + trailingOnes] as const);
    expect(codes).toHaveLength(count);
    expectCodes(table, codes);
  });
});

describe("total_zeros", () => {
  it.each([
    ["tables 9-7, 9-8: 4x4 blocks", totalZeros, printedTotalZeros, 15],
    ["table 9-9 a: chroma DC of 4:2:0", totalZerosChromaDc420, totalZerosOfChromaDc420, 3],
    ["table 9-9 b: chroma DC of 4:2:2", totalZerosChromaDc422, totalZerosOfChromaDc422, 7],
  ])("%s", (_, tables, printed, count) => {
    expect(tables).toHaveLength(count);
    expect(printed).toHaveLength(count);
    for (const [index, codes] of printed.entries()) {
      // As many values as there can be zeros beside the coefficients.
      expect(codes).toHaveLength(count + 1 - index);
      expectCodes(
        tables[index]!,
        codes.map((code, zeros) => [code, zeros]),
      );
    }
  });
});

describe("table 9-10: run_before", () => {
  it.each([1, 2, 3, 4, 5, 6, 7])("zerosLeft %d, 7 for all above 6", (zerosLeft) => {
    expect(runBefore).toHaveLength(7);
    const codes = printedRunBefore[zerosLeft - 1]!;
    expect(codes).toHaveLength(zerosLeft < 7 ? zerosLeft + 1 : 15);
    expectCodes(
      runBefore[zerosLeft - 1]!,
      codes.map((code, run) => [code, run]),
    );
  });
});

describe("table 9-4: coded_block_pattern", () => {
  it("a: ChromaArrayType is 1 or 2", () => {
    expect([...intraPatterns]).toEqual(codedBlockPatterns.withChroma.map(({ intra }) => intra));
    expect([...interPatterns]).toEqual(codedBlockPatterns.withChroma.map(({ inter }) => inter));
    for (const patterns of [intraPatterns, interPatterns])
      expect(Array.from(patterns).sort((a, b) => a - b)).toEqual(Array.from({ length: 48 }, (_, at) => at));
  });

  it("b: ChromaArrayType is 0 or 3", () => {
    expect([...intraLumaPatterns]).toEqual(codedBlockPatterns.lumaOnly.map(({ intra }) => intra));
    expect([...interLumaPatterns]).toEqual(codedBlockPatterns.lumaOnly.map(({ inter }) => inter));
    for (const patterns of [intraLumaPatterns, interLumaPatterns])
      expect(Array.from(patterns).sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, at) => at));
  });
});

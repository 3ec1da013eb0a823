/**
 * The codes of one syntax element, arranged so that one lookup decodes any of them. The index is 8
 * times the number of zeros before the first 1, plus the three bits after that 1. An entry is 256
 * times the length of the code, plus its value; 0 where no code begins so. This works because no
 * code of CAVLC has more than three bits after its first 1.
 */
export type CodeTable = Uint16Array;

const maxLeadingZeros = 32;

/** @param values of the codes; by default each code's index */
function tableOf(codes: readonly string[], values?: readonly number[]): CodeTable {
  const table = new Uint16Array((maxLeadingZeros + 1) * 8);
  for (const [place, code] of codes.entries()) {
    const entry = code.length * 256 + (values ? values[place]! : place);
    const zeros = code.indexOf("1");
    // No other code begins with as many zeros as a code of zeros only.
    if (zeros < 0) table.fill(entry, code.length * 8);
    else {
      const suffix = code.slice(zeros + 1);
      const size = 8 >> suffix.length;
      const from = zeros * 8 + Number.parseInt(`0${suffix}`, 2) * size;
      table.fill(entry, from, from + size);
    }
  }
  return table;
}

const tablesOf = (rows: readonly string[]) => rows.map((row) => tableOf(row.split(" ")));

/**
 * coeff_token: its value is 4 times TotalCoeff, plus TrailingOnes.
 *
 * @param byTrailingOnes codes in the order of TotalCoeff, which starts at TrailingOnes
 */
function tokenTable(byTrailingOnes: readonly string[]): CodeTable {
  const codes: string[] = [];
  const values: number[] = [];
  for (const [trailingOnes, row] of byTrailingOnes.entries()) {
    for (const [more, code] of row.split(" ").entries()) {
      codes.push(code);
      values.push((trailingOnes + more) * 4 + trailingOnes);
    }
  }
  return tableOf(codes, values);
}

/** coeff_token where nC is 0 or 1 (table 9-5). */
export const coeffTokens0 = tokenTable([
  "1 000101 00000111 000000111 0000000111 00000000111 0000000001111 0000000001011 0000000001000 00000000001111 00000000001011 000000000001111 000000000001011 0000000000001111 0000000000001011 0000000000000111 0000000000000100",
  "01 000100 00000110 000000110 0000000110 00000000110 0000000001110 0000000001010 00000000001110 00000000001010 000000000001110 000000000001010 000000000000001 0000000000001110 0000000000001010 0000000000000110",
  "001 0000101 00000101 000000101 0000000101 00000000101 0000000001101 0000000001001 00000000001101 00000000001001 000000000001101 000000000001001 0000000000001101 0000000000001001 0000000000000101",
  "00011 000011 0000100 00000100 000000100 0000000100 00000000100 0000000001100 00000000001100 00000000001000 000000000001100 000000000001000 0000000000001100 0000000000001000",
]);

/** coeff_token where nC is 2 or 3. */
export const coeffTokens2 = tokenTable([
  "11 001011 000111 0000111 00000111 00000100 000000111 00000001111 00000001011 000000001111 000000001011 000000001000 0000000001111 0000000001011 0000000000111 00000000001001 00000000000111",
  "10 00111 001010 000110 0000110 00000110 000000110 00000001110 00000001010 000000001110 000000001010 0000000001110 0000000001010 00000000001011 00000000001000 00000000000110",
  "011 001001 000101 0000101 00000101 000000101 00000001101 00000001001 000000001101 000000001001 0000000001101 0000000001001 0000000000110 00000000001010 00000000000101",
  "0101 0100 00110 001000 000100 0000100 000000100 00000001100 00000001000 000000001100 0000000001100 0000000001000 0000000000001 00000000000100",
]);

/** coeff_token where nC is 4 to 7. From 8 on it is six bits, without a table. */
export const coeffTokens4 = tokenTable([
  "1111 001111 001011 001000 0001111 0001011 0001001 0001000 00001111 00001011 000001111 000001011 000001000 0000001101 0000001001 0000000101 0000000001",
  "1110 01111 01100 01010 01000 001110 001010 0001110 00001110 00001010 000001110 000001010 000000111 0000001100 0000001000 0000000100",
  "1101 01110 01011 01001 001101 001001 0001101 0001010 00001101 00001001 000001101 000001001 0000001011 0000000111 0000000011",
  "1100 1011 1010 1001 1000 01101 001100 0001100 00001100 00001000 000001100 0000001010 0000000110 0000000010",
]);

/** coeff_token of a chroma DC block in 4:2:0 (nC is -1). */
export const coeffTokensChromaDc420 = tokenTable([
  "01 000111 000100 000011 000010",
  "1 000110 0000011 00000011",
  "001 0000010 00000010",
  "000101 0000000",
]);

/** coeff_token of a chroma DC block in 4:2:2 (nC is -2). */
export const coeffTokensChromaDc422 = tokenTable([
  "1 0001111 0001110 000000111 000000110 0000000111 00000000111 000000000111 0000000000111",
  "01 0001101 0001100 000000101 0000000110 00000000110 000000000110 000000000101",
  "001 0001011 0001010 000000100 0000000101 00000000101 000000000100",
  "00001 000001 0001001 0001000 0000000100 00000000100",
]);

/** total_zeros of 4x4 blocks, by TotalCoeff - 1 (tables 9-7, 9-8). */
export const totalZeros = tablesOf([
  "1 011 010 0011 0010 00011 00010 000011 000010 0000011 0000010 00000011 00000010 000000011 000000010 000000001",
  "111 110 101 100 011 0101 0100 0011 0010 00011 00010 000011 000010 000001 000000",
  "0101 111 110 101 0100 0011 100 011 0010 00011 00010 000001 00001 000000",
  "00011 111 0101 0100 110 101 100 0011 011 0010 00010 00001 00000",
  "0101 0100 0011 111 110 101 100 011 0010 00001 0001 00000",
  "000001 00001 111 110 101 100 011 010 0001 001 000000",
  "000001 00001 101 100 011 11 010 0001 001 000000",
  "000001 0001 00001 011 11 10 010 001 000000",
  "000001 000000 0001 11 10 001 01 00001",
  "00001 00000 001 11 10 01 0001",
  "0000 0001 001 010 1 011",
  "0000 0001 01 1 001",
  "000 001 1 01",
  "00 01 1",
  "0 1",
]);

/** total_zeros of a chroma DC block in 4:2:0 (table 9-9 a). */
export const totalZerosChromaDc420 = tablesOf(["1 01 001 000", "1 01 00", "1 0"]);

/** total_zeros of a chroma DC block in 4:2:2 (table 9-9 b). */
export const totalZerosChromaDc422 = tablesOf([
  "1 010 011 0010 0011 0001 00001 00000",
  "000 01 001 100 101 110 111",
  "000 001 01 10 110 111",
  "110 00 01 10 111",
  "00 01 10 11",
  "00 01 1",
  "0 1",
]);

/** run_before, by zerosLeft - 1; the last table is for zerosLeft above 6 (table 9-10). */
export const runBefore = tablesOf([
  "1 0",
  "1 01 00",
  "11 10 01 00",
  "11 10 01 001 000",
  "11 10 011 010 001 000",
  "11 000 001 011 010 101 100",
  "111 110 101 100 011 010 001 0001 00001 000001 0000001 00000001 000000001 0000000001 00000000001",
]);

/** coded_block_pattern of Intra_NxN, by codeNum, where ChromaArrayType is 1 or 2 (table 9-4 a). */
export const intraPatterns = Uint8Array.from([
  47, 31, 15, 0, 23, 27, 29, 30, 7, 11, 13, 14, 39, 43, 45, 46, 16, 3, 5, 10, 12, 19, 21, 26, 28, 35, 37, 42,
  44, 1, 2, 4, 8, 17, 18, 20, 24, 6, 9, 22, 25, 32, 33, 34, 36, 40, 38, 41,
]);
/** coded_block_pattern of Inter macroblocks where ChromaArrayType is 1 or 2 (table 9-4 a). */
export const interPatterns = Uint8Array.from([
  0, 16, 1, 2, 4, 8, 32, 3, 5, 10, 12, 15, 47, 7, 11, 13, 14, 6, 9, 31, 35, 37, 42, 44, 33, 34, 36, 40, 39,
  43, 45, 46, 17, 18, 20, 24, 19, 21, 26, 28, 23, 27, 29, 30, 22, 25, 38, 41,
]);
/** coded_block_pattern of Intra_NxN where ChromaArrayType is 0 or 3 (table 9-4 b). */
export const intraLumaPatterns = Uint8Array.from([15, 0, 7, 11, 13, 14, 3, 5, 10, 12, 1, 2, 4, 8, 6, 9]);
/** coded_block_pattern of Inter macroblocks where ChromaArrayType is 0 or 3 (table 9-4 b). */
export const interLumaPatterns = Uint8Array.from([0, 1, 2, 4, 8, 3, 5, 10, 12, 15, 7, 11, 13, 14, 6, 9]);

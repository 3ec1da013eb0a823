import { BitWriter } from "../../bit-writer.js";
import {
  coeffTokens,
  type columnsOfNc,
  runBefore,
  totalZeros,
  totalZerosOfChromaDc420,
  totalZerosOfChromaDc422,
} from "../cavlc-tables.js";

/**
 * residual_block_cavlc() of a block (7.3.5.3.2), written by the letter of 9.2.
 *
 * @param levels in scanning order, as many as the block can have
 * @param nC -1 and -2 for chroma DC blocks of 4:2:0 and 4:2:2 (9.2.1)
 */
export function residualBlockCavlc(levels: readonly number[], nC: number): BitWriter {
  const writer = new BitWriter();
  const positions = [...levels.keys()].filter((index) => levels[index] !== 0);
  const totalCoeff = positions.length;
  const values = positions.map((index) => levels[index]!).reverse();
  const trailingOnes = Math.min(
    3,
    values.findIndex((value) => Math.abs(value) !== 1),
  );
  const ones = trailingOnes < 0 ? Math.min(3, totalCoeff) : trailingOnes;
  writer.code(coeffToken(ones, totalCoeff, nC));
  if (totalCoeff === 0) return writer;
  for (const value of values.slice(0, ones)) writer.u(1, value < 0 ? 1 : 0);
  writeLevels(writer, values.slice(ones), totalCoeff, ones);
  const last = positions.at(-1)!;
  let zerosLeft = last + 1 - totalCoeff;
  if (totalCoeff < levels.length) {
    const tables = nC === -1 ? totalZerosOfChromaDc420 : nC === -2 ? totalZerosOfChromaDc422 : totalZeros;
    writer.code(tables[totalCoeff - 1]![zerosLeft]!);
  }
  for (let index = totalCoeff - 1; index > 0 && zerosLeft > 0; index--) {
    const run = positions[index]! - positions[index - 1]! - 1;
    writer.code(runBefore[Math.min(7, zerosLeft) - 1]![run]!);
    zerosLeft -= run;
  }
  return writer;
}

/** The code of table 9-5. */
export function coeffToken(trailingOnes: number, totalCoeff: number, nC: number): string {
  const column: (typeof columnsOfNc)[number] =
    nC === -1 ? "-1" : nC === -2 ? "-2" : nC < 2 ? "0" : nC < 4 ? "2" : nC < 8 ? "4" : "8";
  const token = coeffTokens.find(
    (each) => each.trailingOnes === trailingOnes && each.totalCoeff === totalCoeff,
  );
  return token!.codes[column];
}

/**
 * level_prefix and level_suffix of the levels after the trailing ones: 9.2.2.1 the other way round.
 */
function writeLevels(
  writer: BitWriter,
  levels: readonly number[],
  totalCoeff: number,
  trailingOnes: number,
): void {
  let suffixLength = totalCoeff > 10 && trailingOnes < 3 ? 1 : 0;
  for (const [index, level] of levels.entries()) {
    let levelCode = level > 0 ? 2 * level - 2 : -2 * level - 1;
    if (index === 0 && trailingOnes < 3) levelCode -= 2;
    writeLevelCode(writer, levelCode, suffixLength);
    if (suffixLength === 0) suffixLength = 1;
    if (Math.abs(level) > 3 << (suffixLength - 1) && suffixLength < 6) suffixLength++;
  }
}

/** The only level_prefix and level_suffix of a levelCode. */
function writeLevelCode(writer: BitWriter, levelCode: number, suffixLength: number): void {
  for (let levelPrefix = 0; ; levelPrefix++) {
    const levelSuffixSize =
      levelPrefix === 14 && suffixLength === 0 ? 4 : levelPrefix >= 15 ? levelPrefix - 3 : suffixLength;
    let first = Math.min(15, levelPrefix) << suffixLength;
    if (levelPrefix >= 15 && suffixLength === 0) first += 15;
    if (levelPrefix >= 16) first += (1 << (levelPrefix - 3)) - 4096;
    if (levelCode >= first + 2 ** levelSuffixSize) continue;
    writer.u(levelPrefix + 1, 1).u(levelSuffixSize, levelCode - first);
    return;
  }
}

import type { Random } from "../../random.js";
import {
  bNames,
  bSubNames,
  hasSubMacroblocks,
  type InterMacroblock,
  type IntraMacroblock,
  type Macroblock,
  type Partition,
  partitionsOf,
  pNames,
  pSubNames,
  subMacroblockOf,
  subPartitionsOf,
  type Vector,
} from "./macroblock.js";
import { type ResidualShape, randomResidual } from "./residual/residual.js";
import type { SliceFormat } from "./slice-format.js";

/** What macroblocks of a slice can be. */
export interface MacroblockChoices {
  readonly format: SliceFormat;
  readonly sliceType: "I" | "P" | "B";
  /** How many values ref_idx_lX can have, by list. */
  readonly referenceCounts: readonly [number, number];
  /** True: Intra prediction is DC everywhere, which no neighbour can make impossible. */
  readonly isDecodable: boolean;
}

/** Any macroblock, each kind about as often as another. */
export function randomMacroblock(random: Random, choices: MacroblockChoices): Macroblock {
  const { sliceType, format } = choices;
  const isInter = sliceType !== "I" && random.chance(0.75);
  if (isInter && random.chance(0.3)) return { kind: "skip" };
  if (isInter) return randomInter(random, choices);
  if (random.chance(0.9)) return randomIntra(random, choices);
  const { chromaFormatIdc, bitDepth } = format;
  const samples = (count: number, bits: number) =>
    Array.from({ length: count }, () => random.below(2 ** bits));
  return {
    kind: "pcm",
    luma: samples(256, bitDepth[0]),
    chroma: samples([0, 128, 256, 512][chromaFormatIdc]!, bitDepth[1]),
  };
}

function randomIntra(random: Random, { format, isDecodable }: MacroblockChoices): IntraMacroblock {
  const { chromaFormatIdc } = format;
  const hasChroma = chromaFormatIdc === 1 || chromaFormatIdc === 2;
  const isIntra16x16 = random.chance(0.4);
  const predictionMode = isDecodable ? 2 : random.below(4);
  const luma = isIntra16x16 ? random.pick([0, 15]) : random.below(16);
  const chroma = hasChroma ? random.below(3) : 0;
  const transform8x8 = !isIntra16x16 && format.transform8x8 && random.chance(0.5);
  return {
    kind: "intra",
    mbType: isIntra16x16 ? 1 + predictionMode + 4 * chroma + (luma === 15 ? 12 : 0) : 0,
    modes: Array.from({ length: isIntra16x16 ? 0 : transform8x8 ? 4 : 16 }, () =>
      isDecodable || random.chance(0.5) ? undefined : random.below(8),
    ),
    chromaMode: isDecodable || random.chance(0.5) ? 0 : random.below(4),
    qpDelta: randomQpDelta(random, isDecodable),
    residual: randomResidual(random, chromaFormatIdc, { luma, chroma, isIntra16x16, transform8x8 }),
  };
}

/** Any P or B macroblock that is not skipped. */
export function randomInter(random: Random, choices: MacroblockChoices): InterMacroblock {
  const { format, sliceType, isDecodable } = choices;
  const isB = sliceType === "B";
  const isCabac = format.entropy === "CABAC";
  const names = isB ? bNames : pNames.slice(0, isCabac ? 4 : 5);
  const mbType = random.chance(0.3) ? (isB ? 22 : 3) : random.below(names.length);
  const name = names[mbType]!;
  const allSubNames = isB ? bSubNames : pSubNames;
  const isSub = hasSubMacroblocks(name);
  const subTypes = Array.from({ length: isSub ? 4 : 0 }, () =>
    random.chance(0.3) ? 0 : random.below(allSubNames.length),
  );
  const subNames = subTypes.map((type) => allSubNames[type]!);
  const isDirect = name === "B_Direct_16x16";
  const wholes = isDirect ? [] : isSub ? subNames.map(subMacroblockOf) : partitionsOf(name);
  const partitions = isDirect ? [] : isSub ? subNames.flatMap(subPartitionsOf) : wholes;
  const canTransform8x8 = isDirect
    ? format.direct8x8Inference
    : subNames.every((sub) => sub.endsWith("_8x8") && (sub !== "B_Direct_8x8" || format.direct8x8Inference));
  const hasChroma = format.chromaFormatIdc === 1 || format.chromaFormatIdc === 2;
  const luma = random.chance(0.3) ? 0 : random.below(16);
  const shape: ResidualShape = {
    luma,
    chroma: hasChroma ? random.below(3) : 0,
    isIntra16x16: false,
    transform8x8: format.transform8x8 && luma > 0 && canTransform8x8 && random.chance(0.5),
  };
  return {
    kind: "inter",
    mbType,
    name,
    subTypes,
    subNames,
    references: randomReferences(random, name, wholes, choices.referenceCounts),
    vectors: randomVectors(random, partitions, isDecodable),
    qpDelta: randomQpDelta(random, isDecodable),
    residual: randomResidual(random, format.chromaFormatIdc, shape),
  };
}

/** One value for each partition, in all quarters that it covers. */
function randomReferences(
  random: Random,
  name: string,
  partitions: readonly Partition[],
  counts: readonly [number, number],
): number[][] {
  return counts.map((count, list) => {
    const references = [0, 0, 0, 0];
    for (const { x, y, width, height, uses } of partitions) {
      const value = name === "P_8x8ref0" || random.chance(0.4) ? 0 : random.below(count);
      if (!uses[list]) continue;
      for (let quarter = 0; quarter < 4; quarter++) {
        const [left, top] = [(quarter % 2) * 2, (quarter >> 1) * 2];
        if (left >= x && left < x + width && top >= y && top < y + height) references[quarter] = value;
      }
    }
    return references;
  });
}

/** One vector for each partition, in all 4x4 blocks that it covers. */
function randomVectors(random: Random, partitions: readonly Partition[], isDecodable: boolean): Vector[][] {
  return [0, 1].map((list) => {
    const vectors: Vector[] = Array.from({ length: 16 }, () => [0, 0]);
    for (const { x, y, width, height, uses } of partitions) {
      if (!uses[list]) continue;
      const vector = [randomDifference(random, isDecodable), randomDifference(random, isDecodable)] as const;
      for (let row = y; row < y + height; row++)
        for (let column = x; column < x + width; column++) vectors[row * 4 + column] = vector;
    }
    return vectors;
  });
}

function randomDifference(random: Random, isDecodable: boolean): number {
  const size = random.pick([0, 1, 2, 5, 9, 17, 33, isDecodable ? 60 : 32_768]);
  const value = random.below(size + 1);
  return random.chance(0.5) ? value : -value;
}

function randomQpDelta(random: Random, isDecodable: boolean): number {
  if (random.chance(0.5)) return 0;
  return isDecodable ? random.between(-2, 2) : random.between(-26, 25);
}

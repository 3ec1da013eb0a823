import {
  hasSubMacroblocks,
  type InterMacroblock,
  type Partition,
  partitionsOf,
  subMacroblockOf,
  subPartitionsOf,
} from "./macroblock.js";

/** A syntax element of mb_pred() or sub_mb_pred() of an Inter macroblock. */
export type InterElement =
  | { readonly element: "sub_mb_type"; readonly value: number }
  | {
      readonly element: "ref_idx";
      readonly list: 0 | 1;
      readonly partition: Partition;
      readonly value: number;
    }
  | {
      readonly element: "mvd";
      readonly list: 0 | 1;
      readonly partition: Partition;
      /** 0 across, 1 down. */
      readonly compIdx: 0 | 1;
      readonly value: number;
    };

/**
 * The elements of mb_pred() or sub_mb_pred() in their order (7.3.5.1, 7.3.5.2).
 *
 * @param referenceCounts how many values ref_idx_lX can have, by list
 */
export function interElements(
  { name, subTypes, subNames, references, vectors }: InterMacroblock,
  referenceCounts: readonly [number, number],
): InterElement[] {
  const elements: InterElement[] = [];
  const isSub = hasSubMacroblocks(name);
  const wholes = isSub ? subNames.map(subMacroblockOf) : partitionsOf(name);
  const partitions = isSub ? subNames.flatMap(subPartitionsOf) : wholes;
  for (const value of subTypes) elements.push({ element: "sub_mb_type", value });
  for (const list of [0, 1] as const) {
    if (referenceCounts[list] < 2 || name === "P_8x8ref0") continue;
    for (const partition of wholes) {
      if (!partition.uses[list]) continue;
      const value = references[list]![(partition.y >> 1) * 2 + (partition.x >> 1)]!;
      elements.push({ element: "ref_idx", list, partition, value });
    }
  }
  for (const list of [0, 1] as const) {
    for (const partition of partitions) {
      if (!partition.uses[list]) continue;
      const vector = vectors[list]![partition.y * 4 + partition.x]!;
      for (const compIdx of [0, 1] as const)
        elements.push({ element: "mvd", list, partition, compIdx, value: vector[compIdx] });
    }
  }
  return elements;
}

import type { Residual } from "./residual/residual.js";

/** Names of mb_type by value (tables 7-13 and 7-14), and of sub_mb_type (tables 7-17 and 7-18). */
export const pNames = words("P_L0_16x16 P_L0_L0_16x8 P_L0_L0_8x16 P_8x8 P_8x8ref0");
export const bNames = words(`
  B_Direct_16x16 B_L0_16x16 B_L1_16x16 B_Bi_16x16
  B_L0_L0_16x8 B_L0_L0_8x16 B_L1_L1_16x8 B_L1_L1_8x16
  B_L0_L1_16x8 B_L0_L1_8x16 B_L1_L0_16x8 B_L1_L0_8x16
  B_L0_Bi_16x8 B_L0_Bi_8x16 B_L1_Bi_16x8 B_L1_Bi_8x16
  B_Bi_L0_16x8 B_Bi_L0_8x16 B_Bi_L1_16x8 B_Bi_L1_8x16
  B_Bi_Bi_16x8 B_Bi_Bi_8x16 B_8x8
`);
export const pSubNames = words("P_L0_8x8 P_L0_8x4 P_L0_4x8 P_L0_4x4");
export const bSubNames = words(`
  B_Direct_8x8 B_L0_8x8 B_L1_8x8 B_Bi_8x8 B_L0_8x4 B_L0_4x8 B_L1_8x4
  B_L1_4x8 B_Bi_8x4 B_Bi_4x8 B_L0_4x4 B_L1_4x4 B_Bi_4x4
`);

/** A motion vector difference, across and down. */
export type Vector = readonly [across: number, down: number];

/** The syntax elements of a macroblock (7.3.5). */
export type Macroblock =
  /** P_Skip or B_Skip. */
  | { readonly kind: "skip" }
  | { readonly kind: "pcm"; readonly luma: readonly number[]; readonly chroma: readonly number[] }
  | IntraMacroblock
  | InterMacroblock;

/** I_NxN or I_16x16. */
export interface IntraMacroblock {
  readonly kind: "intra";
  /** As in table 7-11. */
  readonly mbType: number;
  /**
   * rem_intra4x4_pred_mode or rem_intra8x8_pred_mode by block; undefined where the flag before it
   * is 1.
   */
  readonly modes: readonly (number | undefined)[];
  /** intra_chroma_pred_mode. */
  readonly chromaMode: number;
  /** mb_qp_delta. */
  readonly qpDelta: number;
  readonly residual: Residual;
}

/** A P or B macroblock that is not skipped. */
export interface InterMacroblock {
  readonly kind: "inter";
  /** As in table 7-13 or 7-14. */
  readonly mbType: number;
  readonly name: string;
  /** sub_mb_type by sub-macroblock; empty unless there are four. */
  readonly subTypes: readonly number[];
  readonly subNames: readonly string[];
  /** ref_idx_lX by list and 8x8 quarter. */
  readonly references: readonly (readonly number[])[];
  /** mvd_lX by list and 4x4 block, in rows of four. */
  readonly vectors: readonly (readonly Vector[])[];
  readonly qpDelta: number;
  readonly residual: Residual;
}

/** A macroblock or sub-macroblock partition; places and sizes are in 4x4 blocks. */
export interface Partition {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Whether it is predicted from list 0 and from list 1. */
  readonly uses: readonly [boolean, boolean];
}

/** The partitions of a macroblock that is neither direct nor has sub-macroblocks. */
export function partitionsOf(name: string): Partition[] {
  const parts = name.split("_").slice(1);
  const [width, height] = sizeOf(parts.pop()!);
  return parts.map((lists, index) => ({
    x: width < 4 ? index * 2 : 0,
    y: height < 4 ? index * 2 : 0,
    width,
    height,
    uses: usesOf(lists),
  }));
}

/** The partitions of a sub-macroblock; none where it is direct. */
export function subPartitionsOf(subName: string, quarter: number): Partition[] {
  const [, lists, size] = subName.split("_");
  if (lists === "Direct") return [];
  const [width, height] = sizeOf(size!);
  const partitions: Partition[] = [];
  for (let y = 0; y < 2; y += height) {
    for (let x = 0; x < 2; x += width)
      partitions.push({
        x: (quarter % 2) * 2 + x,
        y: (quarter >> 1) * 2 + y,
        width,
        height,
        uses: usesOf(lists!),
      });
  }
  return partitions;
}

/** A sub-macroblock as a whole. */
export function subMacroblockOf(subName: string, quarter: number): Partition {
  const lists = subName.split("_")[1]!;
  return { x: (quarter % 2) * 2, y: (quarter >> 1) * 2, width: 2, height: 2, uses: usesOf(lists) };
}

/** True for P_8x8, P_8x8ref0 and B_8x8. */
export function hasSubMacroblocks(name: string): boolean {
  return /^._8x8/.test(name);
}

/**
 * predModeEqualFlag (9.3.3.1.1.6): the partition with that 4x4 block is predicted from the list.
 */
export function usesList(
  { name, subNames }: InterMacroblock,
  block: number,
  quarter: number,
  list: 0 | 1,
): boolean {
  if (name === "B_Direct_16x16") return false;
  if (hasSubMacroblocks(name)) return subMacroblockOf(subNames[quarter]!, quarter).uses[list];
  const [x, y] = [block % 4, block >> 2];
  const covers = (each: Partition) =>
    x >= each.x && x < each.x + each.width && y >= each.y && y < each.y + each.height;
  return partitionsOf(name).find(covers)!.uses[list];
}

function sizeOf(size: string): [width: number, height: number] {
  const [width, height] = size.split("x").map((samples) => Number(samples) / 4);
  return [width!, height!];
}

function usesOf(lists: string): [boolean, boolean] {
  return [lists === "L0" || lists === "Bi", lists === "L1" || lists === "Bi"];
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

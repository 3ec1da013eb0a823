import { type CodedFlags, noCodedFlags } from "./coded-flags.js";
import type { InterElement } from "./inter-elements.js";
import { type Macroblock, type Partition, usesList } from "./macroblock.js";
import { type MacroblockLayout, neighbouringLocation } from "./neighbours.js";
import {
  type BlockCategory,
  codedBlockFlagBin,
  expGolombBins,
  residualBlockBins,
} from "./residual/cabac-residual-bins.js";
import { indexOf4x4, positionOf4x4, type Residual } from "./residual/residual.js";
import {
  bMacroblockBins,
  bSubMacroblockBins,
  intraBins,
  intraPrefixOfB,
  intraPrefixOfP,
  pMacroblockBins,
  pSubMacroblockBins,
  scriptOf,
} from "./type-bins.js";

/** The macroblocks that are written already, for the contexts of the next one. */
export interface WrittenMacroblocks extends MacroblockLayout {
  /** The current macroblock is among them. */
  macroblock(address: number): Macroblock;
}

type Side = "A" | "B";

/**
 * Writes the syntax elements of macroblocks as bins, each with its ctxIdx by the letter of 9.3.3.1.
 * Bins are as `readBins` takes them.
 */
export class CabacElements {
  readonly bins: string[] = [];
  /**
   * As x264 before build 151: in 4:4:4 a macroblock without 8x8 transform beside an 8x8 block
   * counts as if it were not available.
   */
  isOldX264 = false;
  readonly #written: WrittenMacroblocks;
  readonly #chromaArrayType: number;
  readonly #flags = new Map<number, CodedFlags>();
  readonly #sliceType: "I" | "P" | "B";
  #address = 0;

  constructor(written: WrittenMacroblocks, sliceType: "I" | "P" | "B", chromaArrayType: number) {
    this.#written = written;
    this.#sliceType = sliceType;
    this.#chromaArrayType = chromaArrayType;
  }

  /** The macroblock that the next elements belong to. */
  begin(address: number): void {
    this.#address = address;
    this.#flags.set(address, noCodedFlags());
  }

  /** 9.3.3.1.1.1. */
  mbSkipFlag(flag: number): void {
    const condTerm = (side: Side) => this.#condTerm(side, ({ kind }) => kind !== "skip");
    this.#put(`${(this.#sliceType === "P" ? 11 : 24) + condTerm("A") + condTerm("B")}:${flag}`);
  }

  /**
   * 9.3.3.1.1.2. @param fieldPairs the number of available pairs to the left and above that are
   * field pairs
   */
  mbFieldDecodingFlag(flag: number, fieldPairs: number): void {
    this.#put(`${70 + fieldPairs}:${flag}`);
  }

  /** 9.3.2.5, 9.3.3.1.1.3. */
  mbType(macroblock: Macroblock): void {
    const intraType = macroblock.kind === "pcm" ? 25 : macroblock.kind === "intra" ? macroblock.mbType : -1;
    if (this.#sliceType === "I") {
      const condTerm = (side: Side) =>
        this.#condTerm(side, (other) => other.kind !== "intra" || other.mbType !== 0);
      this.#put(scriptOf(3, intraBins[intraType]!, condTerm("A") + condTerm("B")));
      return;
    }
    if (this.#sliceType === "P") {
      this.#put(scriptOf(14, intraType < 0 ? pMacroblockBins[typeOf(macroblock)]! : intraPrefixOfP));
      if (intraType >= 0) this.#put(scriptOf(17, intraBins[intraType]!));
      return;
    }
    const isDirect = (other: Macroblock) =>
      other.kind === "skip" || (other.kind === "inter" && other.mbType === 0);
    const condTerm = (side: Side) => this.#condTerm(side, (other) => !isDirect(other));
    const bins = intraType < 0 ? bMacroblockBins[typeOf(macroblock)]! : intraPrefixOfB;
    this.#put(scriptOf(27, bins, condTerm("A") + condTerm("B")));
    if (intraType >= 0) this.#put(scriptOf(32, intraBins[intraType]!));
  }

  /** 9.3.3.1.1.10. */
  transformSize8x8Flag(flag: boolean): void {
    const condTerm = (side: Side) =>
      this.#condTerm(side, (other) => hasResidual(other) && other.residual.transform8x8);
    this.#put(`${399 + condTerm("A") + condTerm("B")}:${Number(flag)}`);
  }

  /** prev_intra4x4_pred_mode_flag and rem_intra4x4_pred_mode, or those of 8x8. */
  intraMode(mode: number | undefined): void {
    this.#put(`68:${mode === undefined ? 1 : 0}`);
    if (mode === undefined) return;
    // FL with cMax 7: the lowest bit first (9.3.2.4).
    for (let bit = 0; bit < 3; bit++) this.#put(`69:${(mode >> bit) & 1}`);
  }

  /** TU with cMax 3; 9.3.3.1.1.8. */
  intraChromaPredMode(mode: number): void {
    const condTerm = (side: Side) =>
      this.#condTerm(side, (other) => other.kind === "intra" && other.chromaMode !== 0);
    this.#put(`${64 + condTerm("A") + condTerm("B")}:${mode > 0 ? 1 : 0}`);
    if (mode > 0) this.#put(`67:${mode > 1 ? 1 : 0}`);
    if (mode > 1) this.#put(`67:${mode > 2 ? 1 : 0}`);
  }

  /** sub_mb_type, ref_idx_lX and mvd_lX. */
  inter(element: InterElement): void {
    if (element.element === "sub_mb_type")
      this.#put(
        this.#sliceType === "P"
          ? scriptOf(21, pSubMacroblockBins[element.value]!)
          : scriptOf(36, bSubMacroblockBins[element.value]!),
      );
    else if (element.element === "ref_idx") this.#refIdx(element.list, element.partition, element.value);
    else this.#mvd(element.list, element.partition, element.compIdx, element.value);
  }

  /** 9.3.2.6, 9.3.3.1.1.4. */
  codedBlockPattern({ luma, chroma }: Residual): void {
    for (let block = 0; block < 4; block++) {
      const [x, y] = [(block % 2) * 8, (block >> 1) * 8];
      const condTerm = (side: Side) => {
        const location = this.#locate(side, x, y);
        if (location === undefined) return 0;
        const other = 2 * (location.y >> 3) + (location.x >> 3);
        if (location.address === this.#address) return (luma >> other) & 1 ? 0 : 1;
        const macroblock = this.#written.macroblock(location.address);
        if (macroblock.kind === "pcm") return 0;
        return hasResidual(macroblock) && (macroblock.residual.luma >> other) & 1 ? 0 : 1;
      };
      this.#put(`${73 + condTerm("A") + 2 * condTerm("B")}:${(luma >> block) & 1}`);
    }
    if (this.#chromaArrayType === 0 || this.#chromaArrayType === 3) return;
    const inc = (isCoded: (chroma: number) => boolean) => {
      const condTerm = (side: Side) =>
        this.#condTerm(side, (other) =>
          isCoded(other.kind === "pcm" ? 2 : hasResidual(other) ? other.residual.chroma : 0),
        );
      return condTerm("A") + 2 * condTerm("B");
    };
    this.#put(`${77 + inc((other) => other !== 0)}:${chroma > 0 ? 1 : 0}`);
    if (chroma > 0) this.#put(`${77 + 4 + inc((other) => other === 2)}:${chroma === 2 ? 1 : 0}`);
  }

  /**
   * U of the mapped value (9.3.2.7). @param previous the macroblock before in decoding order
   * (9.3.3.1.1.5)
   */
  mbQpDelta(value: number, previous: Macroblock | undefined): void {
    const hasDelta =
      previous !== undefined &&
      hasResidual(previous) &&
      sendsQpDelta(previous.residual) &&
      previous.qpDelta !== 0;
    const mapped = value > 0 ? 2 * value - 1 : -2 * value;
    for (let binIdx = 0; binIdx <= mapped; binIdx++) {
      const inc = binIdx === 0 ? (hasDelta ? 1 : 0) : binIdx === 1 ? 2 : 3;
      this.#put(`${60 + inc}:${binIdx < mapped ? 1 : 0}`);
    }
  }

  /** residual() (7.3.5.3). */
  residual(residual: Residual, isIntra: boolean): void {
    const { components, chromaComponents, luma, chroma, isIntra16x16, transform8x8 } = residual;
    const flags = this.#flags.get(this.#address)!;
    const categoriesOf = (
      component: number,
    ): readonly [dc: number, ac: number, block: number, block8x8: number] =>
      (
        [
          [0, 1, 2, 5],
          [6, 7, 8, 9],
          [10, 11, 12, 13],
        ] as const
      )[component]!;
    for (const [component, { dc, blocks4x4, blocks8x8 }] of components.entries()) {
      const [dcCategory, acCategory, category, category8x8] = categoriesOf(component);
      if (isIntra16x16) flags.dc[component] = this.#block(dcCategory, dc, this.#dcInc(component, isIntra));
      for (let part = 0; part < 4; part++) {
        if (!((luma >> part) & 1)) continue;
        if (transform8x8) {
          // Only 4:4:4 sends coded_block_flag here; elsewhere it is inferred to be 1.
          const inc = this.#chromaArrayType === 3 ? this.#inc8x8(component, part, isIntra) : undefined;
          flags.blocks8x8[component]![part] = this.#block(category8x8, blocks8x8[part]!, inc);
          continue;
        }
        for (let index = part * 4; index < part * 4 + 4; index++)
          flags.blocks4x4[component]![index] = this.#block(
            isIntra16x16 ? acCategory : category,
            blocks4x4[index]!,
            this.#inc4x4(component, index, isIntra),
          );
      }
    }
    if (chroma === 0) return;
    for (const [index, { dc }] of chromaComponents.entries())
      flags.chromaDc[index] = this.#block(3, dc, this.#chromaDcInc(index, isIntra));
    if (chroma < 2) return;
    for (const [index, { ac }] of chromaComponents.entries())
      for (const [block, levels] of ac.entries())
        flags.chromaAc[index]![block] = this.#block(4, levels, this.#chromaAcInc(index, block, isIntra));
  }

  /** end_of_slice_flag. */
  endOfSliceFlag(flag: number): void {
    this.#put(`t${flag}`);
  }

  #put(script: string): void {
    this.bins.push(...script.split(" "));
  }

  /** U; 9.3.3.1.1.6. */
  #refIdx(list: 0 | 1, partition: Partition, value: number): void {
    const condTerm = (side: Side) => {
      const neighbour = this.#partitionBeside(side, partition, list);
      if (neighbour === undefined) return 0;
      const { address, macroblock, quarter } = neighbour;
      const isFieldBesideFrame = this.#isField(address) && !this.#isField(this.#address);
      return macroblock.references[list]![quarter]! > (isFieldBesideFrame ? 1 : 0) ? 1 : 0;
    };
    const first = condTerm("A") + 2 * condTerm("B");
    for (let binIdx = 0; binIdx <= value; binIdx++)
      this.#put(`${54 + (binIdx === 0 ? first : binIdx === 1 ? 4 : 5)}:${binIdx < value ? 1 : 0}`);
  }

  /** UEG3 with signedValFlag 1 and uCoff 9; 9.3.3.1.1.7. */
  #mvd(list: 0 | 1, partition: Partition, compIdx: 0 | 1, value: number): void {
    const absMvdComp = (side: Side) => {
      const neighbour = this.#partitionBeside(side, partition, list);
      if (neighbour === undefined) return 0;
      const { address, macroblock, block } = neighbour;
      const abs = Math.abs(macroblock.vectors[list]![block]![compIdx]);
      const [own, other] = [this.#isField(this.#address), this.#isField(address)];
      if (compIdx === 0 || own === other) return abs;
      return other ? abs * 2 : Math.floor(abs / 2);
    };
    const sum = absMvdComp("A") + absMvdComp("B");
    const offset = compIdx === 0 ? 40 : 47;
    const abs = Math.abs(value);
    for (let binIdx = 0; binIdx < Math.min(abs + 1, 9); binIdx++) {
      const inc = binIdx === 0 ? (sum < 3 ? 0 : sum > 32 ? 2 : 1) : Math.min(binIdx + 2, 6);
      this.#put(`${offset + inc}:${binIdx < abs ? 1 : 0}`);
    }
    if (abs >= 9) for (const bin of expGolombBins(abs - 9, 3)) this.#put(bin);
    if (abs > 0) this.#put(`b${value < 0 ? 1 : 0}`);
  }

  /** The Inter macroblock to the left or above that is predicted from the list there (6.4.11.7). */
  #partitionBeside(side: Side, { x, y }: Partition, list: 0 | 1) {
    const location = this.#locate(side, x * 4, y * 4);
    if (location === undefined) return undefined;
    const macroblock = this.#written.macroblock(location.address);
    const block = (location.y >> 2) * 4 + (location.x >> 2);
    const quarter = 2 * (location.y >> 3) + (location.x >> 3);
    if (macroblock.kind !== "inter" || !usesList(macroblock, block, quarter, list)) return undefined;
    return { address: location.address, macroblock, block, quarter };
  }

  /** coded_block_flag and the block. @param inc undefined where the flag is not sent */
  #block(category: number, levels: readonly number[], inc: number | undefined): number {
    const isCoded = levels.some((level) => level !== 0);
    const of = category as BlockCategory;
    if (inc !== undefined) this.#put(codedBlockFlagBin(of, inc, Number(isCoded)));
    if (isCoded) this.bins.push(...residualBlockBins(of, levels, this.#isField(this.#address)));
    return Number(isCoded);
  }

  #dcInc(component: number, isIntra: boolean): number {
    return this.#codedInc(0, 0, isIntra, (address, macroblock) =>
      macroblock.kind === "intra" && macroblock.residual.isIntra16x16
        ? this.#flags.get(address)!.dc[component]
        : undefined,
    );
  }

  #inc4x4(component: number, index: number, isIntra: boolean): number {
    const [x, y] = positionOf4x4(index);
    return this.#codedInc(x * 4, y * 4, isIntra, (address, macroblock, location) => {
      const other = indexOf4x4(location.x, location.y);
      if (!((macroblock.residual.luma >> (other >> 2)) & 1)) return undefined;
      const flags = this.#flags.get(address)!;
      if (!macroblock.residual.transform8x8) return flags.blocks4x4[component]![other];
      return this.#chromaArrayType === 3 ? flags.blocks8x8[component]![other >> 2] : 1;
    });
  }

  #inc8x8(component: number, part: number, isIntra: boolean): number {
    return this.#codedInc((part % 2) * 8, (part >> 1) * 8, isIntra, (address, macroblock, location) => {
      const other = 2 * (location.y >> 3) + (location.x >> 3);
      const { luma, transform8x8 } = macroblock.residual;
      if (this.isOldX264 && !transform8x8) return isIntra ? 1 : 0;
      return (luma >> other) & 1 && transform8x8
        ? this.#flags.get(address)!.blocks8x8[component]![other]
        : undefined;
    });
  }

  #chromaDcInc(index: number, isIntra: boolean): number {
    return this.#codedInc(0, 0, isIntra, (address, macroblock) =>
      macroblock.residual.chroma > 0 ? this.#flags.get(address)!.chromaDc[index] : undefined,
    );
  }

  #chromaAcInc(index: number, block: number, isIntra: boolean): number {
    const size = [8, this.#chromaArrayType === 2 ? 16 : 8] as const;
    const [x, y] = [(block % 2) * 4, (block >> 1) * 4];
    const flagOf: FlagOf = (address, macroblock, location) =>
      macroblock.residual.chroma === 2
        ? this.#flags.get(address)!.chromaAc[index]![2 * (location.y >> 2) + (location.x >> 2)]
        : undefined;
    return this.#codedInc(x, y, isIntra, flagOf, size);
  }

  /**
   * 9.3.3.1.1.9. @param flagOf coded_block_flag of transBlockN; undefined where that is not
   * available
   */
  #codedInc(
    x: number,
    y: number,
    isIntra: boolean,
    flagOf: FlagOf,
    size: readonly [number, number] = [16, 16],
  ): number {
    const condTerm = (side: Side) => {
      const location = this.#locate(side, x, y, size);
      if (location === undefined) return isIntra ? 1 : 0;
      const macroblock = this.#written.macroblock(location.address);
      if (macroblock.kind === "pcm") return 1;
      const flag = hasResidual(macroblock) ? flagOf(location.address, macroblock, location) : undefined;
      return flag ?? 0;
    };
    return condTerm("A") + 2 * condTerm("B");
  }

  #locate(side: Side, x: number, y: number, [width, height]: readonly [number, number] = [16, 16]) {
    const [xN, yN] = side === "A" ? [x - 1, y] : [x, y - 1];
    return neighbouringLocation(this.#written, this.#address, xN, yN, width, height);
  }

  /** 1 where the macroblock beside the first sample is available and is so (6.4.11.1). */
  #condTerm(side: Side, isSo: (macroblock: Macroblock) => boolean): number {
    const location = this.#locate(side, 0, 0);
    return location !== undefined && isSo(this.#written.macroblock(location.address)) ? 1 : 0;
  }

  #isField(address: number): boolean {
    return this.#written.isField(address);
  }
}

type FlagOf = (
  address: number,
  macroblock: Extract<Macroblock, { residual: Residual }>,
  location: { readonly x: number; readonly y: number },
) => number | undefined;

function hasResidual(macroblock: Macroblock): macroblock is Extract<Macroblock, { residual: Residual }> {
  return macroblock.kind === "intra" || macroblock.kind === "inter";
}

/** mb_qp_delta is sent with coefficients, and in any Intra_16x16 macroblock (7.3.5). */
export function sendsQpDelta({ luma, chroma, isIntra16x16 }: Residual): boolean {
  return luma > 0 || chroma > 0 || isIntra16x16;
}

function typeOf(macroblock: Macroblock): number {
  if (macroblock.kind !== "inter") throw new Error("only Inter macroblocks have this");
  return macroblock.mbType;
}

import type { BitWriter } from "../../bit-writer.js";
import { type MacroblockLayout, neighbouringLocation } from "../neighbours.js";
import { residualBlockCavlc } from "./cavlc-residual-bits.js";
import { indexOf4x4, positionOf4x4, type Residual } from "./residual.js";

/** total_coeff by component (luma; Cb, Cr) and block index. */
type Totals = readonly (readonly number[])[];

const sixteen = <Value>(value: Value) => Array.from({ length: 16 }, () => value);

/**
 * Writes residual() coded with CAVLC (7.3.5.3) by the letter of the standard, and remembers
 * total_coeff.
 */
export class CavlcResidualWriter {
  readonly #layout: MacroblockLayout;
  readonly #chromaArrayType: number;
  readonly #totals = new Map<number, Totals>();

  constructor(layout: MacroblockLayout, chromaArrayType: number) {
    this.#layout = layout;
    this.#chromaArrayType = chromaArrayType;
  }

  /** A macroblock that is skipped or has no coefficients. */
  setEmpty(address: number): void {
    this.#totals.set(address, sixteen(sixteen(0)).slice(0, 3));
  }

  /** An I_PCM macroblock: nN is 16 (9.2.1). */
  setPcm(address: number): void {
    this.#totals.set(address, sixteen(sixteen(16)).slice(0, 3));
  }

  write(writer: BitWriter, address: number, residual: Residual): void {
    const totals = [sixteen(0), sixteen(0), sixteen(0)];
    this.#totals.set(address, totals);
    const put = (levels: readonly number[], nC: number) => {
      writer.append(residualBlockCavlc(levels, nC).bits);
      return levels.filter((level) => level !== 0).length;
    };
    const { components, chromaComponents, isIntra16x16, luma, chroma } = residual;
    // residual_luma() of luma, and of Cb and Cr in 4:4:4 (7.3.5.3.1).
    for (const [component, { dc, blocks4x4 }] of components.entries()) {
      if (isIntra16x16) put(dc, this.#nC(address, component, 0));
      for (const [index, levels] of blocks4x4.entries()) {
        if (!((luma >> (index >> 2)) & 1)) continue;
        totals[component]![index] = put(levels, this.#nC(address, component, index));
      }
    }
    const dcNc = this.#chromaArrayType === 1 ? -1 : -2;
    if (chroma > 0) for (const { dc } of chromaComponents) put(dc, dcNc);
    if (chroma < 2) return;
    for (const [index, { ac }] of chromaComponents.entries()) {
      for (const [block, levels] of ac.entries())
        totals[index + 1]![block] = put(levels, this.#nC(address, index + 1, block));
    }
  }

  /** nC from the blocks to the left and above (9.2.1). */
  #nC(address: number, component: number, block: number): number {
    const isSubsampled = component > 0 && this.#chromaArrayType !== 3;
    const [x, y] = isSubsampled ? [block % 2, block >> 1] : positionOf4x4(block);
    const [width, height] = isSubsampled ? [8, this.#chromaArrayType === 2 ? 16 : 8] : [16, 16];
    const totalAt = (xN: number, yN: number) => {
      const location = neighbouringLocation(this.#layout, address, xN, yN, width, height);
      if (location === undefined) return undefined;
      const index = isSubsampled
        ? 2 * (location.y >> 2) + (location.x >> 2)
        : indexOf4x4(location.x, location.y);
      return this.#totals.get(location.address)![component]![index]!;
    };
    const nA = totalAt(x * 4 - 1, y * 4);
    const nB = totalAt(x * 4, y * 4 - 1);
    if (nA !== undefined && nB !== undefined) return (nA + nB + 1) >> 1;
    return nA ?? nB ?? 0;
  }
}

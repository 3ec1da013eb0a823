import type { BitWriter } from "../bit-writer.js";
import { encodeBin } from "./bins.js";
import { CabacElements, sendsQpDelta, type WrittenMacroblocks } from "./cabac-elements.js";
import { CabacEncoder } from "./cabac-encoder.js";
import { codedBlockPatterns } from "./cavlc-tables.js";
import { interElements } from "./inter-elements.js";
import {
  hasSubMacroblocks,
  type InterMacroblock,
  type IntraMacroblock,
  type Macroblock,
} from "./macroblock.js";
import { CavlcResidualWriter } from "./residual/cavlc-residual-writer.js";
import type { Residual } from "./residual/residual.js";
import type { SliceFormat } from "./slice-format.js";

/** The macroblocks of a slice, and what of its header decides how they are written. */
export interface SliceContent {
  readonly format: SliceFormat;
  readonly sliceType: "I" | "P" | "B";
  /** num_ref_idx_l0_active_minus1 + 1, and that of list 1. */
  readonly activeReferences: readonly [number, number];
  readonly cabacInitIdc: number;
  readonly sliceQpY: number;
  /** Address of the first macroblock. */
  readonly first: number;
  readonly macroblocks: readonly Macroblock[];
  /** mb_field_decoding_flag by pair, from the first one on; for MBAFF frames. */
  readonly fieldPairs: readonly boolean[];
  /** Follows the rule of `CabacElements.isOldX264`. */
  readonly isOldX264?: boolean;
}

/**
 * slice_data() by the letter of 7.3.4 and 7.3.5: a slice that is right by the standard, not
 * by a reader.
 */
export class SliceWriter implements WrittenMacroblocks {
  readonly width: number;
  readonly isMbaff: boolean;
  readonly #content: SliceContent;
  readonly #macroblocks = new Map<number, Macroblock>();
  /** mb_field_decoding_flag by pair, inferred while none is written. */
  readonly #fields = new Map<number, boolean>();
  readonly #writer: BitWriter;
  readonly #elements: CabacElements;
  readonly #residual: CavlcResidualWriter;
  /** Macroblocks of mb_skip_run. */
  #skipped = 0;

  /** @param writer has the slice header; the slice data are appended to it */
  constructor(writer: BitWriter, content: SliceContent) {
    const { format, sliceType } = content;
    this.#writer = writer;
    this.#content = content;
    this.width = format.width;
    this.isMbaff = format.structure === "mbaff";
    this.#elements = new CabacElements(this, sliceType, format.chromaFormatIdc);
    this.#elements.isOldX264 = content.isOldX264 ?? false;
    this.#residual = new CavlcResidualWriter(this, format.chromaFormatIdc);
  }

  isAvailable = (address: number): boolean => this.#macroblocks.has(address);

  isField = (address: number): boolean =>
    this.isMbaff ? this.#fields.get(address >> 1)! : this.#content.format.structure === "field";

  macroblock = (address: number): Macroblock => this.#macroblocks.get(address)!;

  /** Writes all macroblocks and rbsp_slice_trailing_bits(). */
  write(): void {
    const { first, macroblocks } = this.#content;
    for (const [index, macroblock] of macroblocks.entries())
      this.#writeMacroblock(first + index, macroblock, index === macroblocks.length - 1);
    if (this.#isCabac) this.#encodeBins();
    else if (this.#skipped > 0) this.#writer.ue(this.#skipped);
    this.#writer.trailing();
  }

  get #isCabac(): boolean {
    return this.#content.format.entropy === "CABAC";
  }

  #writeMacroblock(address: number, macroblock: Macroblock, isLast: boolean): void {
    const { sliceType } = this.#content;
    const isBottom = this.isMbaff && address % 2 === 1;
    const prevMbSkipped = isBottom && this.#macroblocks.get(address - 1)?.kind === "skip";
    if (this.isMbaff && !isBottom) this.#fields.set(address >> 1, this.#inferredField(address >> 1));
    this.#elements.begin(address);
    const isSkipped = macroblock.kind === "skip";
    if (this.#isCabac) {
      if (sliceType !== "I") this.#elements.mbSkipFlag(isSkipped ? 1 : 0);
    } else if (isSkipped) this.#skipped++;
    else if (sliceType !== "I") {
      this.#writer.ue(this.#skipped);
      this.#skipped = 0;
    }
    if (isSkipped) this.#residual.setEmpty(address);
    else {
      if (this.isMbaff && (!isBottom || prevMbSkipped)) this.#writeFieldFlag(address);
      this.#macroblocks.set(address, macroblock);
      this.#writeLayer(address, macroblock);
    }
    this.#macroblocks.set(address, macroblock);
    if (this.#isCabac && (!this.isMbaff || isBottom)) this.#elements.endOfSliceFlag(isLast ? 1 : 0);
  }

  /** 7.4.4. */
  #inferredField(pair: number): boolean {
    const left = pair % this.width > 0 && this.isAvailable(2 * (pair - 1)) ? pair - 1 : undefined;
    const top = this.isAvailable(2 * (pair - this.width)) ? pair - this.width : undefined;
    const from = left ?? top;
    return from !== undefined && this.#fields.get(from)!;
  }

  /** mb_field_decoding_flag. */
  #writeFieldFlag(address: number): void {
    const pair = address >> 1;
    const isField = this.#content.fieldPairs[pair - (this.#content.first >> 1)]!;
    const isFieldPair = (other: number) => this.isAvailable(2 * other) && this.#fields.get(other)!;
    const left = pair % this.width > 0 && isFieldPair(pair - 1);
    const top = isFieldPair(pair - this.width);
    if (this.#isCabac) this.#elements.mbFieldDecodingFlag(isField ? 1 : 0, Number(left) + Number(top));
    else this.#writer.flag(isField);
    this.#fields.set(pair, isField);
  }

  /** macroblock_layer() (7.3.5). */
  #writeLayer(address: number, macroblock: Exclude<Macroblock, { kind: "skip" }>): void {
    this.#writeType(macroblock);
    if (macroblock.kind === "pcm") this.#writePcm(address, macroblock);
    else if (macroblock.kind === "intra") this.#writeIntra(address, macroblock);
    else this.#writeInter(address, macroblock);
  }

  #writeType(macroblock: Exclude<Macroblock, { kind: "skip" }>): void {
    if (this.#isCabac) {
      this.#elements.mbType(macroblock);
      return;
    }
    const offset = { I: 0, P: 5, B: 23 }[this.#content.sliceType];
    if (macroblock.kind === "inter") this.#writer.ue(macroblock.mbType);
    else this.#writer.ue(offset + (macroblock.kind === "pcm" ? 25 : macroblock.mbType));
  }

  #writePcm(address: number, { luma, chroma }: Extract<Macroblock, { kind: "pcm" }>): void {
    const { bitDepth } = this.#content.format;
    if (this.#isCabac) {
      this.#elements.bins.push(`pcm:${address}`);
      return;
    }
    this.#writer.alignWithZeros();
    for (const sample of luma) this.#writer.u(bitDepth[0], sample);
    for (const sample of chroma) this.#writer.u(bitDepth[1], sample);
    this.#residual.setPcm(address);
  }

  #writeIntra(address: number, macroblock: IntraMacroblock): void {
    const { format } = this.#content;
    const { residual, modes, chromaMode } = macroblock;
    if (macroblock.mbType === 0 && format.transform8x8) {
      if (this.#isCabac) this.#elements.transformSize8x8Flag(residual.transform8x8);
      else this.#writer.flag(residual.transform8x8);
    }
    for (const mode of modes) {
      if (this.#isCabac) this.#elements.intraMode(mode);
      else if (mode === undefined) this.#writer.flag(true);
      else this.#writer.flag(false).u(3, mode);
    }
    if (this.#hasSubsampledChroma) {
      if (this.#isCabac) this.#elements.intraChromaPredMode(chromaMode);
      else this.#writer.ue(chromaMode);
    }
    if (macroblock.mbType === 0) this.#writePattern(residual, "intra");
    this.#writeCoefficients(address, macroblock, true);
  }

  #writeInter(address: number, macroblock: InterMacroblock): void {
    const { format, activeReferences } = this.#content;
    const { name, subNames, residual } = macroblock;
    const factor = this.isMbaff && this.isField(address) ? 2 : 1;
    const counts = [activeReferences[0] * factor, activeReferences[1] * factor] as const;
    if (name !== "B_Direct_16x16") {
      for (const each of interElements(macroblock, counts)) {
        if (this.#isCabac) this.#elements.inter(each);
        else if (each.element === "sub_mb_type") this.#writer.ue(each.value);
        else if (each.element === "ref_idx") this.#writer.te(counts[each.list] - 1, each.value);
        else this.#writer.se(each.value);
      }
    }
    this.#writePattern(residual, "inter");
    // noSubMbPartSizeLessThan8x8Flag, and direct_8x8_inference_flag where the decoder derives the
    // vectors.
    const isSmall = (sub: string) =>
      sub === "B_Direct_8x8" ? !format.direct8x8Inference : !sub.endsWith("_8x8");
    const hasSmall = hasSubMacroblocks(name) && subNames.some(isSmall);
    const isDirect = name === "B_Direct_16x16" && !format.direct8x8Inference;
    if (residual.luma > 0 && format.transform8x8 && !hasSmall && !isDirect) {
      if (this.#isCabac) this.#elements.transformSize8x8Flag(residual.transform8x8);
      else this.#writer.flag(residual.transform8x8);
    }
    this.#writeCoefficients(address, macroblock, false);
  }

  /** coded_block_pattern (7.4.5, table 9-4). */
  #writePattern(residual: Residual, prediction: "intra" | "inter"): void {
    if (this.#isCabac) {
      this.#elements.codedBlockPattern(residual);
      return;
    }
    const { withChroma, lumaOnly } = codedBlockPatterns;
    const table = this.#hasSubsampledChroma ? withChroma : lumaOnly;
    const pattern = residual.luma + 16 * residual.chroma;
    this.#writer.ue(table.findIndex((each) => each[prediction] === pattern));
  }

  /** mb_qp_delta and residual(). */
  #writeCoefficients(address: number, macroblock: IntraMacroblock | InterMacroblock, isIntra: boolean): void {
    const { residual, qpDelta } = macroblock;
    if (!sendsQpDelta(residual)) {
      this.#residual.setEmpty(address);
      return;
    }
    if (this.#isCabac) {
      // The macroblock before in decoding order.
      this.#elements.mbQpDelta(qpDelta, this.#macroblocks.get(address - 1));
      this.#elements.residual(residual, isIntra);
    } else {
      this.#writer.se(qpDelta);
      this.#residual.write(this.#writer, address, residual);
    }
  }

  get #hasSubsampledChroma(): boolean {
    const { chromaFormatIdc } = this.#content.format;
    return chromaFormatIdc === 1 || chromaFormatIdc === 2;
  }

  #encodeBins(): void {
    const { format, sliceType, cabacInitIdc, sliceQpY } = this.#content;
    this.#writer.alignWithOnes();
    const start = this.#writer.length;
    const encoder = new CabacEncoder(sliceType === "I" ? undefined : cabacInitIdc, sliceQpY);
    for (const bin of this.#elements.bins) {
      if (bin.startsWith("pcm:")) {
        const { luma, chroma } = this.macroblock(Number(bin.slice(4))) as Extract<
          Macroblock,
          { kind: "pcm" }
        >;
        encoder.pcm(luma, chroma, format.bitDepth, start);
      } else encodeBin(encoder, bin);
    }
    this.#writer.append(encoder.bits);
  }
}

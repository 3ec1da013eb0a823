import type { SliceHeader } from "../syntax/slice-header.js";
import { CabacDecoder } from "./cabac-decoder.js";
import { CabacInterPrediction } from "./cabac-inter-prediction.js";
import { readIntraType, readTypeOfB } from "./cabac-macroblock-types.js";
import { CabacResidual } from "./cabac-residual.js";
import { bPredictions, intra16x16Pattern, pPredictions } from "./macroblock-types.js";
import type { MacroblockNeighbours, Macroblocks } from "./macroblocks.js";
import { MbaffNeighbours } from "./mbaff-neighbours.js";
import { Damage, firstMacroblock, lengthWithoutZeros, type SliceSyntax, sliceSyntax } from "./slice-data.js";

/**
 * Parses slice_data() coded with CABAC (7.3.4) to learn whether a slice is complete: a valid slice
 * ends with its last bit and its last macroblock, and a damaged one hardly ever does. It reads the
 * slices that `canReadSliceData` accepts.
 */
export class CabacSliceData {
  readonly #cabac = new CabacDecoder();
  readonly #macroblocks: Macroblocks;
  readonly #pairs: MbaffNeighbours;
  readonly #inter: CabacInterPrediction;
  readonly #residual: CabacResidual;
  #slice!: SliceSyntax;
  #lastQpDelta = 0;
  /** Index in the RBSP after the last byte of the slice that `read` found whole. */
  end = 0;

  /** @param macroblocks of the picture; the caller starts them for each picture */
  constructor(macroblocks: Macroblocks) {
    this.#macroblocks = macroblocks;
    this.#pairs = new MbaffNeighbours(macroblocks);
    this.#inter = new CabacInterPrediction(this.#cabac, macroblocks);
    this.#residual = new CabacResidual(this.#cabac, macroblocks);
  }

  /**
   * Reads one slice of the picture.
   *
   * @param rbsp without emulation prevention bytes, with zeros after it
   * @param length of the RBSP, without those zeros
   * @param until the address after its last macroblock, if other bytes may follow the slice
   * @returns the address after the last macroblock; undefined when the slice is damaged
   */
  read(header: SliceHeader, rbsp: Uint8Array, length: number, until?: number): number | undefined {
    const next = this.#read(header, rbsp, length, until);
    const mayBeOldX264 = header.sps.chromaArrayType === 3 && header.pps.transform8x8ModeFlag;
    if (next !== undefined || !mayBeOldX264) return next;
    // All slices of a stream follow the same rule, so this one is tried first from now on.
    this.#residual.oldX264 = !this.#residual.oldX264;
    return this.#read(header, rbsp, length, until);
  }

  #read(
    header: SliceHeader,
    rbsp: Uint8Array,
    length: number,
    until: number | undefined,
  ): number | undefined {
    const { pps, sps, sliceQpDelta, cabacInitIdc, dataBitOffset } = header;
    const slice = sliceSyntax(header);
    this.#slice = slice;
    this.#lastQpDelta = 0;
    const idc = slice.isI ? undefined : cabacInitIdc;
    const sliceQp = 26 + pps.picInitQpMinus26 + sliceQpDelta;
    this.#cabac.start(rbsp, (dataBitOffset + 7) >> 3, idc, sliceQp, sps.chromaArrayType === 3);
    this.#residual.startSlice(header);
    this.#inter.start(header, false);
    this.#macroblocks.startSlice();
    const end = lengthWithoutZeros(rbsp, length);
    try {
      for (let address = firstMacroblock(header); address < this.#macroblocks.count; ) {
        if (slice.isMbaff) {
          this.#readPair(address);
          address += 2;
        } else this.#readMacroblock(address++);
        const isLast = this.#cabac.terminate() === 1;
        const stopBit = this.#cabac.position - 1;
        if (isLast) {
          this.end = (stopBit >> 3) + 1;
          const isWhole = until === undefined ? this.end === end : address === until;
          return isWhole && isSet(rbsp, stopBit) ? address : undefined;
        }
        if (stopBit > (end + 1) * 8) return undefined;
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
    }
    return undefined;
  }

  #readMacroblock(address: number): void {
    const neighbours = this.#macroblocks.enter(address);
    if (!this.#readSkipFlag(neighbours)) this.#readMacroblockLayer(neighbours);
  }

  /**
   * The first macroblock of a pair that is not skipped has mb_field_decoding_flag; up to there it
   * is inferred.
   */
  #readPair(address: number): void {
    const pairs = this.#pairs;
    pairs.enterPair(address >> 1);
    let flagIsKnown = false;
    for (let own = address; own < address + 2; own++) {
      this.#macroblocks.begin(own);
      if (this.#readSkipFlag(pairs.beside(own))) continue;
      if (!flagIsKnown) {
        pairs.isField = this.#cabac.decision(70 + pairs.fieldContext) === 1;
        this.#residual.isField = pairs.isField;
        this.#inter.start(this.#slice.header, pairs.isField);
        flagIsKnown = true;
      }
      this.#readMacroblockLayer(pairs.besideOrSubstitute(own));
    }
  }

  /** mb_skip_flag. @returns whether the macroblock is skipped */
  #readSkipFlag(neighbours: MacroblockNeighbours): boolean {
    if (this.#slice.isI || !this.#isSkipped(neighbours)) return false;
    this.#macroblocks.skip(this.#slice.isB);
    this.#lastQpDelta = 0;
    return true;
  }

  #readMacroblockLayer(neighbours: MacroblockNeighbours): void {
    if (this.#slice.isI)
      this.#readIntra(readIntraType(this.#cabac, 3, this.#otherThanNxN(neighbours)), neighbours);
    else if (this.#slice.isB) this.#readB(neighbours);
    else this.#readP(neighbours);
  }

  #isSkipped({ left, top }: MacroblockNeighbours): boolean {
    const { skipped } = this.#macroblocks;
    const context = (this.#slice.isB ? 24 : 11) + notSet(skipped, left) + notSet(skipped, top);
    return this.#cabac.decision(context) === 1;
  }

  #otherThanNxN({ left, top }: MacroblockNeighbours): number {
    const { intraNxN } = this.#macroblocks;
    return notSet(intraNxN, left) + notSet(intraNxN, top);
  }

  #readIntra(type: number, neighbours: MacroblockNeighbours): void {
    const { header, hasSubsampledChroma, pcmBits } = this.#slice;
    const macroblocks = this.#macroblocks;
    const cabac = this.#cabac;
    if (type === 25) {
      cabac.skipPcmSamples(pcmBits >> 3);
      macroblocks.setPcm();
      this.#lastQpDelta = 0;
      return;
    }
    macroblocks.setIntra(type === 0);
    let transform8x8 = false;
    if (type === 0) {
      if (header.pps.transform8x8ModeFlag) transform8x8 = this.#transformFlag(neighbours);
      for (let block = transform8x8 ? 4 : 16; block > 0; block--) {
        if (cabac.decision(68)) continue;
        cabac.decision(69);
        cabac.decision(69);
        cabac.decision(69);
      }
    }
    if (hasSubsampledChroma) this.#readChromaMode(neighbours);
    if (type === 0) {
      const pattern = this.#codedBlockPattern(neighbours);
      this.#readCoefficients(neighbours, pattern, transform8x8, false, true);
    } else {
      const pattern = intra16x16Pattern(type, hasSubsampledChroma);
      this.#readCoefficients(neighbours, pattern, false, true, true);
    }
  }

  #readChromaMode({ left, top }: MacroblockNeighbours): void {
    const { chromaMode } = this.#macroblocks;
    const cabac = this.#cabac;
    const context = 64 + (left >= 0 ? chromaMode[left]! : 0) + (top >= 0 ? chromaMode[top]! : 0);
    if (cabac.decision(context) === 0) return;
    this.#macroblocks.setChromaMode();
    if (cabac.decision(67)) cabac.decision(67);
  }

  #readP(neighbours: MacroblockNeighbours): void {
    const cabac = this.#cabac;
    if (cabac.decision(14)) {
      this.#readIntra(readIntraType(cabac, 17, 0), neighbours);
      return;
    }
    if (cabac.decision(15))
      this.#readPartitions(neighbours, cabac.decision(17) ? "16x8" : "8x16", pPredictions[1]);
    else if (cabac.decision(16)) this.#readSubMacroblocks(neighbours);
    else this.#readPartitions(neighbours, "16x16", pPredictions[0]);
  }

  #readB(neighbours: MacroblockNeighbours): void {
    const cabac = this.#cabac;
    const { left, top } = neighbours;
    const { direct: marks } = this.#macroblocks;
    if (cabac.decision(27 + notSet(marks, left) + notSet(marks, top)) === 0) {
      this.#macroblocks.setDirect();
      const mayTransform = this.#slice.header.sps.direct8x8InferenceFlag;
      this.#finishInter(neighbours, mayTransform);
      return;
    }
    const type = readTypeOfB(cabac);
    if (type === 113) this.#readIntra(readIntraType(cabac, 32, 0), neighbours);
    else if (type === 22) this.#readSubMacroblocks(neighbours);
    else {
      const shape = type < 4 ? "16x16" : type % 2 === 0 ? "16x8" : "8x16";
      this.#readPartitions(neighbours, shape, bPredictions[type - 1]!);
    }
  }

  #readPartitions(
    neighbours: MacroblockNeighbours,
    shape: "16x16" | "16x8" | "8x16",
    predictions: readonly number[],
  ): void {
    this.#inter.readPartitions(neighbours, shape, predictions);
    this.#finishInter(neighbours, true);
  }

  #readSubMacroblocks(neighbours: MacroblockNeighbours): void {
    const inference = this.#slice.header.sps.direct8x8InferenceFlag;
    this.#finishInter(neighbours, this.#inter.readSubMacroblocks(neighbours, this.#slice.isB, inference));
  }

  #finishInter(neighbours: MacroblockNeighbours, mayTransform8x8: boolean): void {
    const pattern = this.#codedBlockPattern(neighbours);
    const hasFlag = mayTransform8x8 && (pattern & 15) !== 0 && this.#slice.header.pps.transform8x8ModeFlag;
    this.#readCoefficients(neighbours, pattern, hasFlag && this.#transformFlag(neighbours), false, false);
  }

  #transformFlag({ left, top }: MacroblockNeighbours): boolean {
    const { transform8x8 } = this.#macroblocks;
    const context = 399 + (left >= 0 ? transform8x8[left]! : 0) + (top >= 0 ? transform8x8[top]! : 0);
    return this.#cabac.decision(context) === 1;
  }

  #codedBlockPattern({ left, top }: MacroblockNeighbours): number {
    const cabac = this.#cabac;
    const { codedBlockPattern } = this.#macroblocks;
    const a = left >= 0 ? codedBlockPattern[left]! : 15;
    const b = top >= 0 ? codedBlockPattern[top]! : 15;
    const zero = (pattern: number, bit: number) => ((pattern >> bit) & 1) ^ 1;
    let luma = cabac.decision(73 + zero(a, 1) + 2 * zero(b, 2));
    luma |= cabac.decision(73 + zero(luma, 0) + 2 * zero(b, 3)) << 1;
    luma |= cabac.decision(73 + zero(a, 3) + 2 * zero(luma, 0)) << 2;
    luma |= cabac.decision(73 + zero(luma, 2) + 2 * zero(luma, 1)) << 3;
    if (!this.#slice.hasSubsampledChroma) return luma;
    const hasChroma = (pattern: number) => (pattern >> 4 !== 0 ? 1 : 0);
    const hasAc = (pattern: number) => (pattern >> 4 === 2 ? 1 : 0);
    if (cabac.decision(77 + hasChroma(a) + 2 * hasChroma(b)) === 0) return luma;
    return luma | ((1 + cabac.decision(81 + hasAc(a) + 2 * hasAc(b))) << 4);
  }

  #readCoefficients(
    neighbours: MacroblockNeighbours,
    pattern: number,
    transform8x8: boolean,
    is16x16: boolean,
    isIntra: boolean,
  ): void {
    this.#macroblocks.setCoded(pattern, transform8x8);
    if (pattern === 0 && !is16x16) {
      this.#lastQpDelta = 0;
      return;
    }
    this.#readQpDelta();
    this.#residual.read(neighbours, pattern, transform8x8, is16x16, isIntra);
  }

  #readQpDelta(): void {
    const cabac = this.#cabac;
    let context = this.#lastQpDelta === 0 ? 0 : 1;
    let value = 0;
    while (cabac.decision(60 + context)) {
      context = 2 + (context >> 1);
      if (++value > 2 * (52 + 6 * this.#slice.header.sps.bitDepthLumaMinus8)) throw new Damage();
    }
    this.#lastQpDelta = value;
  }
}

/** 1 where the macroblock is available and not marked; else 0. */
function notSet(marks: Uint8Array, address: number): number {
  return address >= 0 ? marks[address]! ^ 1 : 0;
}

/** Bits after the stop bit are not looked at: x264 sets some. */
function isSet(rbsp: Uint8Array, bit: number): boolean {
  return ((rbsp[bit >> 3]! >> (7 - (bit & 7))) & 1) === 1;
}

import type { SliceHeader } from "../syntax/slice-header.js";
import { CavlcInterPrediction } from "./cavlc-inter-prediction.js";
import { CavlcReader } from "./cavlc-reader.js";
import { CavlcResidual } from "./cavlc-residual.js";
import { interLumaPatterns, interPatterns, intraLumaPatterns, intraPatterns } from "./cavlc-tables.js";
import { bPredictions, intra16x16Pattern, pPredictions } from "./macroblock-types.js";
import type { Macroblocks } from "./macroblocks.js";
import { MbaffNeighbours } from "./mbaff-neighbours.js";
import { Damage, firstMacroblock, lengthWithoutZeros, type SliceSyntax, sliceSyntax } from "./slice-data.js";

/**
 * Parses slice_data() coded with CAVLC (7.3.4) to learn whether a slice is complete: the last
 * macroblock of a valid slice ends right before rbsp_stop_one_bit. It reads the slices that
 * `canReadSliceData` accepts.
 */
export class CavlcSliceData {
  readonly #reader = new CavlcReader();
  readonly #macroblocks: Macroblocks;
  readonly #pairs: MbaffNeighbours;
  readonly #inter = new CavlcInterPrediction(this.#reader);
  readonly #residual = new CavlcResidual(this.#reader);
  /**
   * The block to the left of each row of the current macroblock, as `MbaffNeighbours.leftBlock`
   * gives it.
   */
  readonly #left = new Int32Array(4);
  #slice!: SliceSyntax;
  #maxQpDelta = 0;
  /** Index in the RBSP after the last byte of the slice that `read` found whole. */
  end = 0;

  /** @param macroblocks of the picture; the caller starts them for each picture */
  constructor(macroblocks: Macroblocks) {
    this.#macroblocks = macroblocks;
    this.#pairs = new MbaffNeighbours(macroblocks);
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
    this.#slice = sliceSyntax(header);
    // The least mb_qp_delta is -(26 + QpBdOffsetY / 2) (7.4.5).
    this.#maxQpDelta = 26 + 3 * header.sps.bitDepthLumaMinus8;
    this.#reader.start(rbsp, header.dataBitOffset);
    this.#macroblocks.startSlice();
    this.#residual.startSlice(header, this.#macroblocks.count);
    this.#inter.start(header, false);
    try {
      const lastBit = stopBitOf(rbsp, length);
      const next = this.#read(firstMacroblock(header), lastBit, until);
      const stopBit = this.#reader.position;
      this.end = (stopBit >> 3) + 1;
      const isWhole = until === undefined ? stopBit === lastBit : isStopBit(rbsp, stopBit);
      return isWhole ? next : undefined;
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      return undefined;
    }
  }

  #read(firstAddress: number, stopBit: number, until: number | undefined): number | undefined {
    const reader = this.#reader;
    const { count } = this.#macroblocks;
    let address = firstAddress;
    // more_rbsp_data() is true up to the stop bit (7.2).
    do {
      let skipped = 0;
      if (!this.#slice.isI) {
        skipped = reader.ue(count - address);
        this.#skip(address, address + skipped);
        address += skipped;
        if (skipped > 0 && (reader.position >= stopBit || address === until)) break;
      }
      if (address >= count) return undefined;
      if (this.#slice.isMbaff) this.#readFieldFlag(address, skipped > 0);
      this.#readMacroblockLayer(address++);
    } while (reader.position < stopBit && address !== until);
    return until === undefined || address === until ? address : undefined;
  }

  /** mb_skip_run: skips macroblocks `from` to `to - 1`. */
  #skip(from: number, to: number): void {
    this.#macroblocks.addToSlice(from, to);
    this.#residual.setEmpty(from, to);
    if (!this.#slice.isMbaff) return;
    for (let address = from + (from & 1); address < to; address += 2) this.#enterPair(address);
  }

  /**
   * The first macroblock of a pair that is not skipped has mb_field_decoding_flag; up to there it
   * is inferred.
   */
  #readFieldFlag(address: number, isAfterSkipped: boolean): void {
    const isUpper = (address & 1) === 0;
    if (isUpper) this.#enterPair(address);
    if (!isUpper && !isAfterSkipped) return;
    this.#pairs.isField = this.#reader.flag();
    this.#inter.start(this.#slice.header, this.#pairs.isField);
  }

  #enterPair(address: number): void {
    this.#pairs.enterPair(address >> 1);
  }

  #readMacroblockLayer(address: number): void {
    this.#macroblocks.addToSlice(address, address + 1);
    const reader = this.#reader;
    if (this.#slice.isI) this.#readIntra(address, reader.ue(25));
    else if (this.#slice.isB) {
      const type = reader.ue(23 + 25);
      if (type < 23) this.#readB(address, type);
      else this.#readIntra(address, type - 23);
    } else {
      const type = reader.ue(5 + 25);
      if (type < 5) this.#readP(address, type);
      else this.#readIntra(address, type - 5);
    }
  }

  /** @param type as in table 7-11 */
  #readIntra(address: number, type: number): void {
    const reader = this.#reader;
    if (type === 25) {
      this.#readPcm(address);
      return;
    }
    if (type === 0) {
      const transform8x8 = this.#slice.header.pps.transform8x8ModeFlag && reader.flag();
      // prev_intra_pred_mode_flag; rem_intra_pred_mode follows a 0.
      for (let block = transform8x8 ? 4 : 16; block > 0; block--) if (!reader.flag()) reader.skip(3);
    }
    // intra_chroma_pred_mode
    if (this.#slice.hasSubsampledChroma) reader.ue(3);
    if (type === 0) {
      const pattern = this.#slice.hasSubsampledChroma
        ? intraPatterns[reader.ue(47)]!
        : intraLumaPatterns[reader.ue(15)]!;
      this.#readCoefficients(address, pattern, false);
    } else {
      this.#readCoefficients(address, intra16x16Pattern(type, this.#slice.hasSubsampledChroma), true);
    }
  }

  #readPcm(address: number): void {
    this.#reader.align();
    this.#reader.skip(this.#slice.pcmBits);
    this.#residual.setPcm(address);
  }

  /** @param type as in table 7-13 */
  #readP(address: number, type: number): void {
    if (type > 2) this.#readSubMacroblocks(address, type === 4);
    else {
      this.#inter.readPartitions(pPredictions[type]!);
      this.#finishInter(address, true);
    }
  }

  /** @param type as in table 7-14 */
  #readB(address: number, type: number): void {
    if (type === 22) this.#readSubMacroblocks(address, false);
    else if (type === 0) this.#finishInter(address, this.#slice.header.sps.direct8x8InferenceFlag);
    else {
      this.#inter.readPartitions(bPredictions[type - 1]!);
      this.#finishInter(address, true);
    }
  }

  #readSubMacroblocks(address: number, isRef0: boolean): void {
    const inference = this.#slice.header.sps.direct8x8InferenceFlag;
    this.#finishInter(address, this.#inter.readSubMacroblocks(this.#slice.isB, inference, isRef0));
  }

  #finishInter(address: number, mayTransform8x8: boolean): void {
    const reader = this.#reader;
    const pattern = this.#slice.hasSubsampledChroma
      ? interPatterns[reader.ue(47)]!
      : interLumaPatterns[reader.ue(15)]!;
    // transform_size_8x8_flag does not change how CAVLC sends the blocks.
    if (mayTransform8x8 && (pattern & 15) !== 0 && this.#slice.header.pps.transform8x8ModeFlag)
      reader.skip(1);
    this.#readCoefficients(address, pattern, false);
  }

  #readCoefficients(address: number, pattern: number, is16x16: boolean): void {
    if (pattern === 0 && !is16x16) {
      this.#residual.setEmpty(address, address + 1);
      return;
    }
    this.#reader.se(this.#maxQpDelta);
    const top = this.#findNeighbours(address);
    this.#residual.read(address, this.#left, top, pattern, is16x16);
  }

  /** Fills `#left`. @returns the address of the macroblock above, or -1 */
  #findNeighbours(address: number): number {
    const left = this.#left;
    if (this.#slice.isMbaff) {
      for (let row = 0; row < 4; row++) left[row] = this.#pairs.leftBlock(address, row);
      return this.#pairs.beside(address).top;
    }
    const beside = this.#macroblocks.beside(address);
    for (let row = 0; row < 4; row++) left[row] = beside.left < 0 ? -1 : beside.left * 4 + row;
    return beside.top;
  }
}

/** The bit position of rbsp_stop_one_bit, the last bit that is 1 (7.3.2.11); -1 without one. */
function stopBitOf(rbsp: Uint8Array, length: number): number {
  const end = lengthWithoutZeros(rbsp, length);
  if (end === 0) return -1;
  const last = rbsp[end - 1]!;
  return end * 8 - 1 - (31 - Math.clz32(last & -last));
}

/** True where rbsp_trailing_bits begin: a 1, and 0 up to the end of the byte (7.3.2.11). */
function isStopBit(rbsp: Uint8Array, bit: number): boolean {
  return ((rbsp[bit >> 3]! << (bit & 7)) & 0xff) === 0x80;
}

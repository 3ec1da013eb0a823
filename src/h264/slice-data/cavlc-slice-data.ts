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
 * Reads slice_data() coded with CAVLC (7.3.4) for its syntax alone, to learn whether it is all there: a sound slice ends
 * with its last macroblock right before its rbsp_stop_one_bit. Of which slices: `canReadSliceData`.
 */
export class CavlcSliceData {
  readonly #reader = new CavlcReader();
  readonly #macroblocks: Macroblocks;
  readonly #pairs: MbaffNeighbours;
  readonly #inter = new CavlcInterPrediction(this.#reader);
  readonly #residual = new CavlcResidual(this.#reader);
  /** The block to the left of each row of the macroblock being read, as `MbaffNeighbours.leftOf` has it. */
  readonly #left = new Int32Array(4);
  #slice!: SliceSyntax;
  #mostQpDelta = 0;

  /** @param macroblocks those of the picture, which the caller starts */
  constructor(macroblocks: Macroblocks) {
    this.#macroblocks = macroblocks;
    this.#pairs = new MbaffNeighbours(macroblocks);
  }

  /**
   * Reads one slice of the picture.
   *
   * @param rbsp without emulation prevention bytes, and zeros after it
   * @param length of it without these zeros
   * @returns address of the macroblock after its last; undefined when it does not end where its data end
   */
  read(header: SliceHeader, rbsp: Uint8Array, length: number): number | undefined {
    this.#slice = sliceSyntax(header);
    // mb_qp_delta goes down to -(26 + QpBdOffsetY / 2) (7.4.5).
    this.#mostQpDelta = 26 + 3 * header.sps.bitDepthLumaMinus8;
    this.#reader.start(rbsp, header.dataBitOffset);
    this.#macroblocks.startSlice();
    this.#residual.startSlice(header, this.#macroblocks.count);
    this.#inter.start(header, false);
    try {
      return this.#read(firstMacroblock(header), stopBitOf(rbsp, length));
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      return undefined;
    }
  }

  #read(firstAddress: number, stopBit: number): number | undefined {
    const reader = this.#reader;
    const { count } = this.#macroblocks;
    let address = firstAddress;
    // more_rbsp_data() is true before the stop bit (7.2).
    do {
      let skipped = 0;
      if (!this.#slice.isI) {
        skipped = reader.ue(count - address);
        this.#skip(address, address + skipped);
        address += skipped;
        if (skipped > 0 && reader.position >= stopBit) break;
      }
      if (address >= count) return undefined;
      if (this.#slice.inPairs) this.#readFieldFlag(address, skipped > 0);
      this.#readMacroblockLayer(address++);
    } while (reader.position < stopBit);
    return reader.position === stopBit ? address : undefined;
  }

  /** mb_skip_run: macroblocks `from` to before `to`. */
  #skip(from: number, to: number): void {
    this.#macroblocks.mark(from, to);
    this.#residual.setEmpty(from, to);
    if (!this.#slice.inPairs) return;
    for (let address = from + (from & 1); address < to; address += 2) this.#enterPair(address);
  }

  /** mb_field_decoding_flag comes with the first macroblock of the pair that is not skipped; until then it is inferred. */
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
    this.#macroblocks.mark(address, address + 1);
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
      // prev_intra_pred_mode_flag, or rem_intra_pred_mode after it.
      for (let block = transform8x8 ? 4 : 16; block > 0; block--) if (!reader.flag()) reader.skip(3);
    }
    // intra_chroma_pred_mode
    if (this.#slice.hasChromaOfItsOwn) reader.ue(3);
    if (type === 0) {
      const pattern = this.#slice.hasChromaOfItsOwn
        ? intraPatterns[reader.ue(47)]!
        : intraLumaPatterns[reader.ue(15)]!;
      this.#readCoefficients(address, pattern, false);
    } else {
      this.#readCoefficients(address, intra16x16Pattern(type, this.#slice.hasChromaOfItsOwn), true);
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
    const pattern = this.#slice.hasChromaOfItsOwn
      ? interPatterns[reader.ue(47)]!
      : interLumaPatterns[reader.ue(15)]!;
    // transform_size_8x8_flag: the blocks read the same.
    if (mayTransform8x8 && (pattern & 15) !== 0 && this.#slice.header.pps.transform8x8ModeFlag)
      reader.skip(1);
    this.#readCoefficients(address, pattern, false);
  }

  #readCoefficients(address: number, pattern: number, is16x16: boolean): void {
    if (pattern === 0 && !is16x16) {
      this.#residual.setEmpty(address, address + 1);
      return;
    }
    this.#reader.se(this.#mostQpDelta);
    const top = this.#findNeighbours(address);
    this.#residual.read(address, this.#left, top, pattern, is16x16);
  }

  /** Fills `#left`. @returns the address of the macroblock above, or -1 */
  #findNeighbours(address: number): number {
    const left = this.#left;
    if (this.#slice.inPairs) {
      for (let row = 0; row < 4; row++) left[row] = this.#pairs.leftOf(address, row);
      return this.#pairs.beside(address).top;
    }
    const beside = this.#macroblocks.beside(address);
    for (let row = 0; row < 4; row++) left[row] = beside.left < 0 ? -1 : beside.left * 4 + row;
    return beside.top;
  }
}

/** Place of rbsp_stop_one_bit, the last bit that is 1 (7.3.2.11); -1 when there is none. */
function stopBitOf(rbsp: Uint8Array, length: number): number {
  const end = lengthWithoutZeros(rbsp, length);
  if (end === 0) return -1;
  const last = rbsp[end - 1]!;
  return end * 8 - 1 - (31 - Math.clz32(last & -last));
}

import { CabacDecoder } from "./cabac-decoder.js";
import {
  bPredictions,
  bSubPredictions,
  bSubShapes,
  direct,
  readIntraType,
  readSubShapeOfP,
  readSubTypeOfB,
  readTypeOfB,
} from "./cabac-macroblock-types.js";
import { CabacResidual } from "./cabac-residual.js";
import { type MacroblockNeighbours, Macroblocks } from "./macroblocks.js";
import type { SliceHeader } from "./slice-header.js";

/** A syntax element had a value that no sound slice has. */
class Damage extends Error {}

/**
 * MaxFS of level 5.2. A picture of skipped macroblocks has hundreds of them in a byte, each takes 0.06 µs to read, and a stream can have
 * many such pictures: of the largest that the standard knows each would take 8 ms.
 */
const mostMacroblocks = 36_864;
const once = [1];
const onceEach = [1, 1];
/**
 * Reads slice_data() coded with CABAC (7.3.4) for its syntax alone, to learn whether it is all there: a sound slice ends
 * with its last bit and with its last macroblock, which lost, shifted or foreign bytes hardly ever do.
 *
 * Not for macroblock-adaptive frame/field coding, 4:4:4, slice groups, SP and SI slices, pictures above the size of level 5.2.
 */
export class CabacSliceData {
  readonly #cabac = new CabacDecoder();
  readonly #macroblocks = new Macroblocks();
  readonly #residual = new CabacResidual(this.#cabac, this.#macroblocks);
  #header!: SliceHeader;
  #isB = false;
  #lastQpDelta = 0;
  /** Of the four sub-macroblocks of the macroblock being read. */
  readonly #predictions = new Uint8Array(4);
  readonly #shapes = new Uint8Array(4);

  /** True when the slices of this kind of picture can be read. */
  static canRead({ pps, sps, sliceType, fieldPicFlag }: SliceHeader): boolean {
    return (
      pps.entropyCodingModeFlag &&
      !pps.sliceGroups &&
      sps.chromaArrayType !== 3 &&
      !sps.separateColourPlaneFlag &&
      (fieldPicFlag || !sps.mbAdaptiveFrameFieldFlag) &&
      sps.picWidthInMbs * sps.frameHeightInMbs <= mostMacroblocks &&
      (sliceType === "I" || sliceType === "P" || sliceType === "B")
    );
  }

  /** The slices that follow are of another picture. */
  startPicture({ sps, fieldPicFlag }: SliceHeader): void {
    this.#macroblocks.start(sps.picWidthInMbs, sps.frameHeightInMbs / (fieldPicFlag ? 2 : 1));
  }

  /** Macroblocks of the picture. */
  get macroblocksOfPicture(): number {
    return this.#macroblocks.count;
  }

  /**
   * Reads one slice of the picture.
   *
   * @param rbsp without emulation prevention bytes, and zeros after it
   * @param length of it without these zeros
   * @returns address of the macroblock after its last; undefined when it does not end where its data end
   */
  read(header: SliceHeader, rbsp: Uint8Array, length: number): number | undefined {
    const { pps, sliceType, sliceQpDelta, cabacInitIdc, firstMbInSlice, dataBitOffset } = header;
    this.#header = header;
    this.#isB = sliceType === "B";
    this.#lastQpDelta = 0;
    const idc = sliceType === "I" ? undefined : cabacInitIdc;
    this.#cabac.start(rbsp, (dataBitOffset + 7) >> 3, idc, 26 + pps.picInitQpMinus26 + sliceQpDelta);
    this.#residual.startSlice(header);
    this.#macroblocks.startSlice();
    const end = lengthWithoutZeros(rbsp, length);
    try {
      for (let address = firstMbInSlice; address < this.#macroblocks.count; ) {
        this.#readMacroblock(address++);
        const isLast = this.#cabac.terminate() === 1;
        const stopBit = this.#cabac.position - 1;
        if (isLast) return endsAt(rbsp, end, stopBit) ? address : undefined;
        if (stopBit > (end + 1) * 8) return undefined;
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
    }
    return undefined;
  }

  #readMacroblock(address: number): void {
    const neighbours = this.#macroblocks.enter(address);
    const { sliceType } = this.#header;
    if (sliceType !== "I" && this.#isSkipped(neighbours)) {
      this.#macroblocks.skip(this.#isB);
      this.#lastQpDelta = 0;
      return;
    }
    if (sliceType === "I")
      this.#readIntra(readIntraType(this.#cabac, 3, this.#otherThanNxN(neighbours)), neighbours);
    else if (sliceType === "P") this.#readP(neighbours);
    else this.#readB(neighbours);
  }

  #isSkipped({ left, top }: MacroblockNeighbours): boolean {
    const { skipped } = this.#macroblocks;
    const context = (this.#isB ? 24 : 11) + notSet(skipped, left) + notSet(skipped, top);
    return this.#cabac.decision(context) === 1;
  }

  #otherThanNxN({ left, top }: MacroblockNeighbours): number {
    const { intraNxN } = this.#macroblocks;
    return notSet(intraNxN, left) + notSet(intraNxN, top);
  }

  #readIntra(type: number, neighbours: MacroblockNeighbours): void {
    const { sps, pps } = this.#header;
    const macroblocks = this.#macroblocks;
    const cabac = this.#cabac;
    if (type === 25) {
      const chroma = [0, 128, 256][sps.chromaArrayType]!;
      const bits = 256 * (8 + sps.bitDepthLumaMinus8) + chroma * (8 + sps.bitDepthChromaMinus8);
      cabac.skipSamples(bits >> 3);
      macroblocks.setPcm();
      this.#lastQpDelta = 0;
      return;
    }
    macroblocks.setIntra(type === 0);
    let transform8x8 = false;
    if (type === 0) {
      if (pps.transform8x8ModeFlag) transform8x8 = this.#transformFlag(neighbours);
      for (let block = transform8x8 ? 4 : 16; block > 0; block--) {
        if (cabac.decision(68)) continue;
        cabac.decision(69);
        cabac.decision(69);
        cabac.decision(69);
      }
    }
    if (sps.chromaArrayType !== 0) this.#readChromaMode(neighbours);
    if (type === 0) {
      const pattern = this.#codedBlockPattern(neighbours);
      this.#readCoefficients(neighbours, pattern, transform8x8, false, true);
    } else {
      const pattern = (type > 12 ? 15 : 0) | ((((type - 1) >> 2) % 3) << 4);
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
    if (cabac.decision(15)) this.#readPartitions(neighbours, cabac.decision(17) ? "16x8" : "8x16", onceEach);
    else if (cabac.decision(16)) {
      for (let sub = 0; sub < 4; sub++) {
        this.#predictions[sub] = 1;
        this.#shapes[sub] = readSubShapeOfP(cabac);
      }
      this.#readSubPartitions(neighbours);
    } else this.#readPartitions(neighbours, "16x16", once);
  }

  #readB(neighbours: MacroblockNeighbours): void {
    const cabac = this.#cabac;
    const { left, top } = neighbours;
    const { direct: marks } = this.#macroblocks;
    if (cabac.decision(27 + notSet(marks, left) + notSet(marks, top)) === 0) {
      this.#macroblocks.setDirect();
      const mayTransform = this.#header.sps.direct8x8InferenceFlag;
      this.#finishInter(neighbours, mayTransform);
      return;
    }
    const type = readTypeOfB(cabac);
    if (type === 113) this.#readIntra(readIntraType(cabac, 32, 0), neighbours);
    else if (type === 22) {
      for (let sub = 0; sub < 4; sub++) {
        const type = readSubTypeOfB(cabac);
        this.#predictions[sub] = bSubPredictions[type]!;
        this.#shapes[sub] = bSubShapes[type]!;
      }
      this.#readSubPartitions(neighbours);
    } else {
      const shape = type < 4 ? "16x16" : type % 2 === 0 ? "16x8" : "8x16";
      this.#readPartitions(neighbours, shape, bPredictions[type - 1]!);
    }
  }

  /** One or two partitions of a macroblock, `predictions` by partition. */
  #readPartitions(
    neighbours: MacroblockNeighbours,
    shape: "16x16" | "16x8" | "8x16",
    predictions: readonly number[],
  ): void {
    const width = shape === "8x16" ? 2 : 4;
    const height = shape === "16x8" ? 2 : 4;
    for (let list = 0; list < 2; list++) {
      if (this.#references(list) < 2) continue;
      for (let part = 0; part < predictions.length; part++) {
        if (!((predictions[part]! >> list) & 1)) continue;
        this.#readReference(neighbours, list, (4 - width) * part, (4 - height) * part, width, height);
      }
    }
    for (let list = 0; list < 2; list++) {
      for (let part = 0; part < predictions.length; part++) {
        if (!((predictions[part]! >> list) & 1)) continue;
        this.#readVector(neighbours, list, (4 - width) * part, (4 - height) * part, width, height);
      }
    }
    this.#finishInter(neighbours, true);
  }

  /** Four 8x8 sub-macroblocks, as `#predictions` and `#shapes` say. */
  #readSubPartitions(neighbours: MacroblockNeighbours): void {
    const inference = this.#header.sps.direct8x8InferenceFlag;
    let mayTransform = true;
    for (let list = 0; list < 2; list++) {
      if (this.#references(list) < 2) continue;
      for (let sub = 0; sub < 4; sub++) {
        if (!((this.#predictions[sub]! >> list) & 1)) continue;
        this.#readReference(neighbours, list, (sub & 1) * 2, (sub >> 1) * 2, 2, 2);
      }
    }
    for (let list = 0; list < 2; list++) {
      for (let sub = 0; sub < 4; sub++) {
        const prediction = this.#predictions[sub]!;
        const shape = this.#shapes[sub]!;
        mayTransform &&= prediction === direct ? inference : shape === 0;
        if (!((prediction >> list) & 1)) continue;
        const width = shape < 2 ? 2 : 1;
        const height = shape === 0 || shape === 2 ? 2 : 1;
        for (let y = 0; y < 2; y += height) {
          for (let x = 0; x < 2; x += width) {
            this.#readVector(neighbours, list, (sub & 1) * 2 + x, (sub >> 1) * 2 + y, width, height);
          }
        }
      }
    }
    this.#finishInter(neighbours, mayTransform);
  }

  /** num_ref_idx_active of the list. */
  #references(list: number): number {
    const { numRefIdxL0ActiveMinus1, numRefIdxL1ActiveMinus1 } = this.#header;
    return (list === 0 ? numRefIdxL0ActiveMinus1 : numRefIdxL1ActiveMinus1) + 1;
  }

  /** ref_idx_lX of a partition; positions and sizes count 4x4 blocks. */
  #readReference(
    neighbours: MacroblockNeighbours,
    list: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    const cabac = this.#cabac;
    let context = this.#macroblocks.referenceContext(neighbours, list, x, y);
    let reference = 0;
    while (cabac.decision(54 + context)) {
      context = (context >> 2) + 4;
      if (++reference >= 32) throw new Damage();
    }
    if (reference >= this.#references(list)) throw new Damage();
    if (reference > 0) this.#macroblocks.setReference(list, x, y, width, height);
  }

  #readVector(
    neighbours: MacroblockNeighbours,
    list: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    const macroblocks = this.#macroblocks;
    const across = this.#vectorDifference(40, macroblocks.vectorSum(neighbours, list, 0, x, y));
    const down = this.#vectorDifference(47, macroblocks.vectorSum(neighbours, list, 1, x, y));
    macroblocks.setVector(list, across, down, x, y, width, height);
  }

  /** The absolute value of mvd_lX (9.3.2.3: prefix of 9, k is 3). */
  #vectorDifference(base: number, sum: number): number {
    const cabac = this.#cabac;
    if (cabac.decision(base + (sum < 3 ? 0 : sum > 32 ? 2 : 1)) === 0) return 0;
    let value = 1;
    let context = 3;
    while (value < 9 && cabac.decision(base + context)) {
      if (context < 6) context++;
      value++;
    }
    if (value >= 9) {
      let k = 3;
      while (cabac.bypass()) {
        value += 1 << k;
        if (++k > 24) throw new Damage();
      }
      while (k-- > 0) value += cabac.bypass() << k;
    }
    cabac.bypass();
    return value;
  }

  #finishInter(neighbours: MacroblockNeighbours, mayTransform8x8: boolean): void {
    const pattern = this.#codedBlockPattern(neighbours);
    const asks = mayTransform8x8 && (pattern & 15) !== 0 && this.#header.pps.transform8x8ModeFlag;
    this.#readCoefficients(neighbours, pattern, asks && this.#transformFlag(neighbours), false, false);
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
    if (this.#header.sps.chromaArrayType === 0) return luma;
    const some = (pattern: number) => (pattern >> 4 !== 0 ? 1 : 0);
    const all = (pattern: number) => (pattern >> 4 === 2 ? 1 : 0);
    if (cabac.decision(77 + some(a) + 2 * some(b)) === 0) return luma;
    return luma | ((1 + cabac.decision(81 + all(a) + 2 * all(b))) << 4);
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
    if (!this.#residual.read(neighbours, pattern, transform8x8, is16x16, isIntra)) throw new Damage();
  }

  #readQpDelta(): void {
    const cabac = this.#cabac;
    let context = this.#lastQpDelta === 0 ? 0 : 1;
    let value = 0;
    while (cabac.decision(60 + context)) {
      context = 2 + (context >> 1);
      if (++value > 2 * (52 + 6 * this.#header.sps.bitDepthLumaMinus8)) throw new Damage();
    }
    this.#lastQpDelta = value;
  }
}

/** 1 when the macroblock is there and is not marked. */
function notSet(marks: Uint8Array, address: number): number {
  return address >= 0 ? marks[address]! ^ 1 : 0;
}

/** cabac_zero_words may follow (7.3.2.8). */
function lengthWithoutZeros(rbsp: Uint8Array, length: number): number {
  let end = length;
  while (end > 0 && rbsp[end - 1] === 0) end--;
  return end;
}

/** rbsp_stop_one_bit is there, in the last byte. Some encoders (x264) set bits after it. */
function endsAt(rbsp: Uint8Array, end: number, stopBit: number): boolean {
  return stopBit >> 3 === end - 1 && ((rbsp[end - 1]! >> (7 - (stopBit & 7))) & 1) === 1;
}

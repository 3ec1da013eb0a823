import { BitstreamError } from "../../core/errors.js";
import type { NalUnitRange } from "../access-unit.js";
import { NalUnitType } from "../syntax/nal-unit.js";
import type { ParameterSets } from "../syntax/parameter-sets.js";
import { parseSliceHeader, type SliceHeader } from "../syntax/slice-header.js";
import { CabacSliceData } from "./cabac-slice-data.js";
import { CavlcSliceData } from "./cavlc-slice-data.js";
import { Macroblocks } from "./macroblocks.js";
import { canReadSliceData, firstMacroblock, lengthWithoutZeros } from "./slice-data.js";

/**
 * Zero bytes kept after an RBSP: more than one macroblock of damaged data can read past its end.
 */
const padding = 8192;

/**
 * Finds pictures with missing or foreign bytes by reading each slice to its end: a valid slice ends
 * with its last bit, and at the macroblock where the next slice begins.
 *
 * CABAC slices are read because a decoder can decode damaged ones to the end without an error.
 * CAVLC slices are read for browsers, whose decoders do not report macroblocks that no slice
 * covers; FFmpeg reports them. The cost is about 0.18 µs per byte of CABAC, 0.04 µs per byte of
 * CAVLC, and 0.06 µs per macroblock of CABAC where most are skipped.
 */
export class SliceDataCheck {
  readonly #readsCavlc: boolean;
  readonly #macroblocks = new Macroblocks();
  readonly #cabac = new CabacSliceData(this.#macroblocks);
  readonly #cavlc = new CavlcSliceData(this.#macroblocks);
  #rbsp = new Uint8Array(64 * 1024);

  /** @param readsCavlc false where the decoder itself reports damage in CAVLC slices */
  constructor(readsCavlc: boolean) {
    this.#readsCavlc = readsCavlc;
  }

  /**
   * True when slices of the picture are damaged or missing. False when all are whole, and when this
   * check cannot read them: see `canReadSliceData` and `readsCavlc`.
   *
   * @param data an access unit with all slices of a primary coded picture, in macroblock order
   */
  findsDamage(data: Uint8Array, nalUnits: readonly NalUnitRange[], sets: ParameterSets): boolean {
    let next: number | undefined;
    let header: SliceHeader | undefined;
    for (const { type, refIdc, offset, length } of nalUnits) {
      if (type !== NalUnitType.codedSliceNonIdr && type !== NalUnitType.codedSliceIdr) continue;
      const nal = { type, refIdc, data: data.subarray(offset, offset + length) };
      try {
        header = parseSliceHeader(nal, sets);
      } catch (error) {
        if (error instanceof BitstreamError) return true;
        throw error;
      }
      if (header.redundantPicCnt > 0) continue;
      const isCabac = header.pps.entropyCodingModeFlag;
      if (!(isCabac || this.#readsCavlc) || !canReadSliceData(header)) return false;
      if (next === undefined) this.#startPicture(header);
      if (firstMacroblock(header) !== (next ?? 0)) return true;
      const bytes = this.#removeEmulationPrevention(nal.data);
      const reader = isCabac ? this.#cabac : this.#cavlc;
      next = reader.read(header, this.#rbsp, bytes);
      if (next === undefined) return true;
    }
    return header !== undefined && next !== this.#macroblocks.count;
  }

  /**
   * Finds bytes that follow the slices of a picture and are no part of it, as a sender puts them
   * between its pictures. Reads CAVLC in any case.
   *
   * @param data an access unit with all slices of a primary coded picture, in macroblock order
   * @returns the length of each NAL unit without such bytes; undefined when slices are damaged or
   *   missing, and when this check cannot read them
   */
  lengthsWithoutTails(
    data: Uint8Array,
    nalUnits: readonly NalUnitRange[],
    sets: ParameterSets,
  ): number[] | undefined {
    const lengths = nalUnits.map(({ length }) => length);
    const slices = primarySlices(data, nalUnits, sets);
    if (!slices?.every(({ header }) => canReadSliceData(header))) return undefined;
    let next = 0;
    for (const [number, { header, index, bytes }] of slices.entries()) {
      if (number === 0) this.#startPicture(header);
      if (firstMacroblock(header) !== next) return undefined;
      const following = slices[number + 1];
      const until = following ? firstMacroblock(following.header) : this.#macroblocks.count;
      const rbspBytes = this.#removeEmulationPrevention(bytes);
      const reader = header.pps.entropyCodingModeFlag ? this.#cabac : this.#cavlc;
      if (reader.read(header, this.#rbsp, rbspBytes, until) === undefined) return undefined;
      if (reader.end < lengthWithoutZeros(this.#rbsp, rbspBytes))
        lengths[index] = 1 + escapedLength(bytes, reader.end);
      next = until;
    }
    return next > 0 && next === this.#macroblocks.count ? lengths : undefined;
  }

  #startPicture({ sps, fieldPicFlag }: SliceHeader): void {
    this.#macroblocks.start(sps.picWidthInMbs, sps.frameHeightInMbs / (fieldPicFlag ? 2 : 1));
  }

  /**
   * Writes the RBSP (7.3.1) and the padding after it to `#rbsp`.
   *
   * @returns the length of the RBSP
   */
  #removeEmulationPrevention(nal: Uint8Array): number {
    if (this.#rbsp.length < nal.length + padding) this.#rbsp = new Uint8Array(nal.length * 2 + padding);
    const rbsp = this.#rbsp;
    let length = 0;
    let zeros = 0;
    for (let at = 1; at < nal.length; at++) {
      const byte = nal[at]!;
      if (zeros >= 2 && byte === 3) {
        zeros = 0;
        continue;
      }
      rbsp[length++] = byte;
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    rbsp.fill(0, length, length + padding);
    return length;
  }
}

interface Slice {
  readonly header: SliceHeader;
  /** Which of the NAL units. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** The slices of the primary coded picture; undefined if one has no valid header. */
function primarySlices(
  data: Uint8Array,
  nalUnits: readonly NalUnitRange[],
  sets: ParameterSets,
): Slice[] | undefined {
  const slices: Slice[] = [];
  try {
    for (const [index, { type, refIdc, offset, length }] of nalUnits.entries()) {
      if (type !== NalUnitType.codedSliceNonIdr && type !== NalUnitType.codedSliceIdr) continue;
      const bytes = data.subarray(offset, offset + length);
      const header = parseSliceHeader({ type, refIdc, data: bytes }, sets);
      if (header.redundantPicCnt === 0) slices.push({ header, index, bytes });
    }
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    return undefined;
  }
  return slices;
}

/** How many bytes of a NAL unit after its header hold the first `count` bytes of its RBSP. */
function escapedLength(nal: Uint8Array, count: number): number {
  let left = count;
  let zeros = 0;
  let at = 1;
  for (; left > 0 && at < nal.length; at++) {
    const byte = nal[at]!;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    left--;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return at - 1;
}

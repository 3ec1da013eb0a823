import type { SliceHeader } from "../syntax/slice-header.js";

/**
 * MaxFS of level 5.2. A byte can hold hundreds of skipped macroblocks, and each takes 0.06 µs to
 * read: 8 ms per picture in the largest pictures that the standard allows.
 */
const maxMacroblocks = 36_864;

/** A syntax element of slice_data() had a value that no valid slice has. */
export class Damage extends Error {}

/**
 * True when the readers understand slice_data() of this kind. They do not read slice groups, SP and
 * SI slices, separate colour planes, and pictures larger than level 5.2 allows.
 */
export function canReadSliceData({ pps, sps, sliceType }: SliceHeader): boolean {
  return (
    !pps.sliceGroups &&
    !sps.separateColourPlaneFlag &&
    sps.picWidthInMbs * sps.frameHeightInMbs <= maxMacroblocks &&
    (sliceType === "I" || sliceType === "P" || sliceType === "B")
  );
}

/** MbaffFrameFlag (7.4.3). */
function isMbaffFrame({ sps, fieldPicFlag }: SliceHeader): boolean {
  return sps.mbAdaptiveFrameFieldFlag && !fieldPicFlag;
}

/**
 * Address of the first macroblock of the slice. In an MBAFF frame first_mb_in_slice counts pairs,
 * and a pair begins with its top macroblock (7.4.3).
 */
export function firstMacroblock(header: SliceHeader): number {
  return header.firstMbInSlice * (isMbaffFrame(header) ? 2 : 1);
}

/** The properties of a slice that decide how its macroblocks are read. */
export interface SliceSyntax {
  readonly header: SliceHeader;
  readonly isI: boolean;
  readonly isB: boolean;
  /** MbaffFrameFlag: macroblocks come in pairs. */
  readonly isMbaff: boolean;
  /** ChromaArrayType is 1 or 2: chroma has syntax elements that luma does not have. */
  readonly hasSubsampledChroma: boolean;
  /** Bits that the samples of an I_PCM macroblock take (7.3.5). */
  readonly pcmBits: number;
}

/** @param header of a slice that `canReadSliceData` accepts */
export function sliceSyntax(header: SliceHeader): SliceSyntax {
  const { sps, sliceType } = header;
  const { chromaArrayType, bitDepthLumaMinus8, bitDepthChromaMinus8 } = sps;
  const chromaSamples = [0, 128, 256, 512][chromaArrayType]!;
  return {
    header,
    isI: sliceType === "I",
    isB: sliceType === "B",
    isMbaff: isMbaffFrame(header),
    hasSubsampledChroma: chromaArrayType === 1 || chromaArrayType === 2,
    pcmBits: 256 * (8 + bitDepthLumaMinus8) + chromaSamples * (8 + bitDepthChromaMinus8),
  };
}

/**
 * The number of values that ref_idx_l0 or ref_idx_l1 can have. Field macroblocks of an MBAFF frame
 * have two for each reference frame (7.4.5.1).
 */
export function referenceIndexCount(
  { numRefIdxL0ActiveMinus1, numRefIdxL1ActiveMinus1 }: SliceHeader,
  list: 0 | 1,
  isFieldOfFrame: boolean,
): number {
  const frames = 1 + (list === 0 ? numRefIdxL0ActiveMinus1 : numRefIdxL1ActiveMinus1);
  return isFieldOfFrame ? 2 * frames : frames;
}

/** The length of an RBSP without cabac_zero_words (7.3.2.10) and other zeros at its end. */
export function lengthWithoutZeros(rbsp: Uint8Array, length: number): number {
  let end = length;
  while (end > 0 && rbsp[end - 1] === 0) end--;
  return end;
}

import type { SliceHeader } from "../syntax/slice-header.js";

/**
 * MaxFS of level 5.2. A picture of skipped macroblocks has hundreds of them in a byte, each takes 0.06 µs to read, and a stream can have
 * many such pictures: of the largest that the standard knows each would take 8 ms.
 */
const mostMacroblocks = 36_864;

/** A syntax element of slice_data() had a value that no sound slice has. */
export class Damage extends Error {}

/**
 * True when slice_data() of this kind can be read for its syntax. Not slice groups, SP and SI slices, separate colour planes, pictures
 * above the size of level 5.2.
 */
export function canReadSliceData({ pps, sps, sliceType }: SliceHeader): boolean {
  return (
    !pps.sliceGroups &&
    !sps.separateColourPlaneFlag &&
    sps.picWidthInMbs * sps.frameHeightInMbs <= mostMacroblocks &&
    (sliceType === "I" || sliceType === "P" || sliceType === "B")
  );
}

/** MbaffFrameFlag (7.4.3). */
function isMbaffFrame({ sps, fieldPicFlag }: SliceHeader): boolean {
  return sps.mbAdaptiveFrameFieldFlag && !fieldPicFlag;
}

/**
 * Address of the first macroblock of the slice (7.4.3, first_mb_in_slice): of a frame with macroblock-adaptive
 * frame/field coding, that of a pair is that of the upper one.
 */
export function firstMacroblock(header: SliceHeader): number {
  return header.firstMbInSlice * (isMbaffFrame(header) ? 2 : 1);
}

/** What of a slice decides how its macroblocks are read. */
export interface SliceSyntax {
  readonly header: SliceHeader;
  readonly isI: boolean;
  readonly isB: boolean;
  /** Macroblocks come in pairs (MBAFF). */
  readonly inPairs: boolean;
  /** Chroma has blocks, modes and patterns other than those of luma: ChromaArrayType is 1 or 2. */
  readonly hasChromaOfItsOwn: boolean;
  /** Bits of the samples of an I_PCM macroblock (7.3.5). */
  readonly pcmBits: number;
}

/** The syntax of the slice that begins so; one that `canReadSliceData`. */
export function sliceSyntax(header: SliceHeader): SliceSyntax {
  const { sps, sliceType } = header;
  const { chromaArrayType, bitDepthLumaMinus8, bitDepthChromaMinus8 } = sps;
  const chromaSamples = [0, 128, 256, 512][chromaArrayType]!;
  return {
    header,
    isI: sliceType === "I",
    isB: sliceType === "B",
    inPairs: isMbaffFrame(header),
    hasChromaOfItsOwn: chromaArrayType === 1 || chromaArrayType === 2,
    pcmBits: 256 * (8 + bitDepthLumaMinus8) + chromaSamples * (8 + bitDepthChromaMinus8),
  };
}

/** How many values ref_idx_l0 or ref_idx_l1 can have: fields of a frame have two for each frame (7.4.5.1). */
export function referenceIndices(
  { numRefIdxL0ActiveMinus1, numRefIdxL1ActiveMinus1 }: SliceHeader,
  list: 0 | 1,
  isFieldOfFrame: boolean,
): number {
  const frames = 1 + (list === 0 ? numRefIdxL0ActiveMinus1 : numRefIdxL1ActiveMinus1);
  return isFieldOfFrame ? 2 * frames : frames;
}

/** Length of an RBSP without the cabac_zero_words that may follow (7.3.2.8), and other zeros. */
export function lengthWithoutZeros(rbsp: Uint8Array, length: number): number {
  let end = length;
  while (end > 0 && rbsp[end - 1] === 0) end--;
  return end;
}

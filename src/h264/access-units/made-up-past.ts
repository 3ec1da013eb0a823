import { joinAnnexB } from "../annex-b.js";
import { RbspWriter } from "../syntax/rbsp-writer.js";
import type { SequenceParameterSet } from "../syntax/sequence-parameter-set.js";
import type { SliceHeader } from "../syntax/slice-header.js";

/**
 * The PPS of the made-up pictures. If the stream has a PPS with this id, the decoder needs it again
 * after them.
 */
const ppsId = 255;

/** Access units in Annex B form. */
export type MadeUpPast = readonly Uint8Array[];

/** True if `madeUpPast` can write pictures for this SPS: progressive frames, 8 bits, 4:2:0. */
export function canMakeUpPast(sps: SequenceParameterSet): boolean {
  return (
    sps.frameMbsOnlyFlag &&
    sps.chromaFormatIdc === 1 &&
    sps.bitDepthLumaMinus8 === 0 &&
    sps.bitDepthChromaMinus8 === 0
  );
}

/**
 * Writes pictures that stand in for those that never came before the picture of `header`. They give
 * a decoder a full set of reference frames, numbered as the picture expects, in one shade.
 *
 * The first is an IDR picture. Copies of it follow, max_num_ref_frames of them, and the last one
 * has the frame_num before the picture's.
 *
 * @param header the header of a slice of the picture
 * @param rawSps the NAL unit of its SPS, without start code
 * @param shade the value of each sample, 0 to 255
 */
export function madeUpPast(header: SliceHeader, rawSps: Uint8Array, shade: number): MadeUpPast {
  const { sps, frameNum } = header;
  const pictures = [joinAnnexB([rawSps, pictureParameterSet(sps), idrPicture(sps, shade)])];
  for (let before = sps.maxNumRefFrames; before >= 1; before--) {
    const number = (frameNum - before + sps.maxFrameNum) % sps.maxFrameNum;
    // The IDR picture itself has this number, unless a copy has come after it.
    if (number !== 0 || pictures.length > 1) pictures.push(joinAnnexB([copy(sps, number)]));
  }
  return pictures;
}

/** CAVLC, no weighted prediction, one slice group: the slices are shortest this way. */
function pictureParameterSet(sps: SequenceParameterSet): Uint8Array {
  return new RbspWriter()
    .ue(ppsId, sps.seqParameterSetId)
    .flags(false, false)
    .ue(0, 0, 0)
    .flags(false)
    .u(2, 0)
    .ue(0, 0, 0)
    .flags(false, false, false)
    .nalUnit(0x68);
}

/** The first macroblock is I_PCM, all others continue it by DC prediction without a residual. */
function idrPicture(sps: SequenceParameterSet, shade: number): Uint8Array {
  const writer = sliceHeader(sps, "IDR", 0).ue(25).alignWithZeros();
  for (let sample = 0; sample < 384; sample++) writer.u(8, shade);
  const width = sps.picWidthInMbs;
  for (let address = 1; address < width * sps.frameHeightInMbs; address++) {
    // mb_type I_16x16_2_0_0, intra_chroma_pred_mode, mb_qp_delta (7.3.5).
    writer.ue(3, 0, 0);
    // coeff_token of no coefficient: an I_PCM neighbour counts as 16 (9.2.1).
    if (address === 1 || address === width) writer.u(6, 3);
    else writer.u(1, 1);
  }
  return writer.nalUnit(0x65);
}

/** A P picture that skips all macroblocks. */
function copy(sps: SequenceParameterSet, frameNum: number): Uint8Array {
  return sliceHeader(sps, "P", frameNum)
    .ue(sps.picWidthInMbs * sps.frameHeightInMbs)
    .nalUnit(0x61);
}

/**
 * The header of the only slice (7.3.3). The picture order count is 0: these pictures are never
 * output.
 */
function sliceHeader(sps: SequenceParameterSet, type: "IDR" | "P", frameNum: number): RbspWriter {
  const isIdr = type === "IDR";
  const writer = new RbspWriter().ue(0, isIdr ? 7 : 5, ppsId).u(sps.log2MaxFrameNumMinus4 + 4, frameNum);
  if (isIdr) writer.ue(0);
  if (sps.picOrderCntType === 0) writer.u(sps.log2MaxPicOrderCntLsbMinus4 + 4, 0);
  if (sps.picOrderCntType === 1 && !sps.deltaPicOrderAlwaysZeroFlag) writer.ue(0);
  // IDR: no_output_of_prior_pics_flag, long_term_reference_flag. P: override, modification,
  // adaptive marking.
  return (isIdr ? writer.flags(false, false) : writer.flags(false, false, false)).ue(0);
}

// NAL units with other values of some syntax elements, as odd encoders write them.
import { splitAnnexB } from "../../../dist/h264/annex-b.js";
import { ParameterSets } from "../../../dist/h264/syntax/parameter-sets.js";
import { RbspReader, removeEmulationPrevention } from "../../../dist/h264/syntax/rbsp-reader.js";
import { RbspWriter } from "../../../dist/h264/syntax/rbsp-writer.js";
import { readSequenceParameterSet } from "../../../dist/h264/syntax/sequence-parameter-set.js";
import { parseSliceHeader } from "../../../dist/h264/syntax/slice-header.js";

/** @import { StreamPicture } from "./stream.mjs" */

const startCode = [0, 0, 0, 1];

/** Remembers where each flag stands. */
class NotingReader extends RbspReader {
  /** @type {Map<string, number>} */
  offsets = new Map();

  /**
   * @override
   * @param {string} element
   * @param {string} clause
   */
  flag(element, clause) {
    this.offsets.set(element, this.bitOffset);
    return super.flag(element, clause);
  }
}

/**
 * An SPS with this aspect_ratio_idc in its VUI, which it may have or not.
 *
 * @param {Uint8Array} nalUnit with its start code
 * @param {number} aspectRatioIdc below 255
 */
export function withAspectRatio(nalUnit, aspectRatioIdc) {
  const nal = nalUnit.subarray(startCode.length);
  const reader = new NotingReader(nal);
  const { vui } = readSequenceParameterSet(reader);
  const rbsp = removeEmulationPrevention(nal);
  const writer = new RbspWriter().copy(rbsp, reader.offsets.get("vui_parameters_present_flag") ?? 0);
  writer.flags(true, true).u(8, aspectRatioIdc);
  if (vui) copyFrom(writer, rbsp, reader.offsets.get("overscan_info_present_flag") ?? 0);
  else writer.flags(false, false, false, false, false, false, false, false);
  return Uint8Array.from([...startCode, ...writer.nalUnit(nal[0] ?? 0)]);
}

/**
 * A slice of a frame with other numbers, of as many bits.
 *
 * @param {Uint8Array} nalUnit with its start code
 * @param {StreamPicture} picture the one that it belongs to
 * @param {{ frameNum?: number, picOrderCntLsb?: number }} numbers modulo what the SPS has room for
 */
export function withNumbers(nalUnit, picture, numbers) {
  const nal = nalUnit.subarray(startCode.length);
  const sets = new ParameterSets();
  for (const data of splitAnnexB(picture.unit.parameterSets))
    sets.put({ type: (data[0] ?? 0) & 31, refIdc: 3, data });
  const type = (nal[0] ?? 0) & 31;
  const header = parseSliceHeader({ type, refIdc: ((nal[0] ?? 0) >> 5) & 3, data: nal }, sets);
  const { sps } = header;
  const rbsp = removeEmulationPrevention(nal);
  const reader = new RbspReader(nal);
  for (const element of ["first_mb_in_slice", "slice_type", "pic_parameter_set_id"])
    reader.ue(element, "7.3.3");
  const writer = new RbspWriter().copy(rbsp, reader.bitOffset);

  const frameNumBits = sps.log2MaxFrameNumMinus4 + 4;
  writer.u(frameNumBits, (numbers.frameNum ?? header.frameNum) % 2 ** frameNumBits);
  reader.u(frameNumBits, "frame_num", "7.3.3");
  if (!sps.frameMbsOnlyFlag) writer.flags(reader.flag("field_pic_flag", "7.3.3"));
  if (header.idrPicFlag) writer.ue(reader.ue("idr_pic_id", "7.3.3"));
  if (sps.picOrderCntType === 0) {
    const lsbBits = sps.log2MaxPicOrderCntLsbMinus4 + 4;
    writer.u(lsbBits, (numbers.picOrderCntLsb ?? header.picOrderCntLsb) % 2 ** lsbBits);
    reader.u(lsbBits, "pic_order_cnt_lsb", "7.3.3");
  }
  copyFrom(writer, rbsp, reader.bitOffset);
  return Uint8Array.from([...startCode, ...writer.nalUnit(nal[0] ?? 0)]);
}

/**
 * Copies the bits from `offset` up to the stop bit.
 *
 * @param {RbspWriter} writer
 * @param {Uint8Array} rbsp
 * @param {number} offset
 */
function copyFrom(writer, rbsp, offset) {
  /** @param {number} at */
  const bit = (at) => ((rbsp[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
  let end = rbsp.length * 8 - 1;
  while (bit(end) === 0) end--;
  for (let at = offset; at < end; at++) writer.u(1, bit(at));
}

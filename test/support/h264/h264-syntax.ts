import type { NalUnit } from "../../../src/h264/syntax/nal-unit.js";
import { BitWriter } from "./bit-writer.js";

/**
 * How a test's SPS differs from that of a progressive 4:2:0 stream of 320x240 with
 * pic_order_cnt_type 0.
 */
export interface SpsSyntax {
  profileIdc?: number;
  constraintSetFlags?: number;
  levelIdc?: number;
  id?: number;
  /** Writes chroma_format_idc and what follows up to the scaling lists; for high profiles only. */
  format?: (writer: BitWriter) => void;
  log2MaxFrameNumMinus4?: number;
  /** Writes pic_order_cnt_type and the elements that depend on it. */
  pictureOrder?: (writer: BitWriter) => void;
  maxNumRefFrames?: number;
  /** gaps_in_frame_num_value_allowed_flag. */
  gapsAllowed?: boolean;
  widthInMbs?: number;
  heightInMapUnits?: number;
  frameMbsOnly?: boolean;
  mbAdaptive?: boolean;
  /** direct_8x8_inference_flag. Default: true. */
  direct8x8Inference?: boolean;
  /** Left, right, top, bottom. */
  crop?: [number, number, number, number];
  vui?: (writer: BitWriter) => void;
}

/** A sequence parameter set NAL unit. */
export function spsNal(syntax: SpsSyntax = {}): Uint8Array {
  const writer = new BitWriter()
    .u(8, syntax.profileIdc ?? 77)
    .u(8, syntax.constraintSetFlags ?? 0)
    .u(8, syntax.levelIdc ?? 30)
    .ue(syntax.id ?? 0);
  syntax.format?.(writer);
  writer.ue(syntax.log2MaxFrameNumMinus4 ?? 0);
  if (syntax.pictureOrder) syntax.pictureOrder(writer);
  else writer.ue(0, 0);
  writer
    .ue(syntax.maxNumRefFrames ?? 1)
    .flag(syntax.gapsAllowed ?? false)
    .ue((syntax.widthInMbs ?? 20) - 1, (syntax.heightInMapUnits ?? 15) - 1);
  const frameMbsOnly = syntax.frameMbsOnly ?? true;
  writer.flag(frameMbsOnly);
  if (!frameMbsOnly) writer.flag(syntax.mbAdaptive ?? false);
  writer.flag(syntax.direct8x8Inference ?? true, syntax.crop !== undefined);
  if (syntax.crop) writer.ue(...syntax.crop);
  writer.flag(syntax.vui !== undefined);
  syntax.vui?.(writer);
  return writer.trailing().nal(0x67);
}

/** VUI syntax with a bitstream restriction only. */
export const restriction =
  (maxNumReorderFrames: number, maxDecFrameBuffering: number) =>
  (writer: BitWriter): void => {
    writer
      .flag(false, false, false, false, false, false, false, false, true)
      .flag(true)
      .ue(0, 0, 10, 10, maxNumReorderFrames, maxDecFrameBuffering);
  };

/** VUI syntax with timing only. */
export const timing =
  (numUnitsInTick: number, timeScale: number) =>
  (writer: BitWriter): void => {
    writer.flag(false, false, false, false, true).u(32, numUnitsInTick).u(32, timeScale).flag(true);
    writer.flag(false, false, false, false);
  };

/** How a test's PPS differs from a plain one with CAVLC. */
export interface PpsSyntax {
  id?: number;
  spsId?: number;
  cabac?: boolean;
  bottomFieldPicOrder?: boolean;
  /** Writes num_slice_groups_minus1 and the elements that depend on it. */
  sliceGroups?: (writer: BitWriter) => void;
  weightedPred?: boolean;
  weightedBipredIdc?: number;
  deblockingControl?: boolean;
  redundantPicCnt?: boolean;
  /** Writes transform_8x8_mode_flag and what follows. */
  extension?: (writer: BitWriter) => void;
}

/** A picture parameter set NAL unit. */
export function ppsNal(syntax: PpsSyntax = {}): Uint8Array {
  const writer = new BitWriter()
    .ue(syntax.id ?? 0, syntax.spsId ?? 0)
    .flag(syntax.cabac ?? false, syntax.bottomFieldPicOrder ?? false);
  if (syntax.sliceGroups) syntax.sliceGroups(writer);
  else writer.ue(0);
  writer
    .ue(0, 0)
    .flag(syntax.weightedPred ?? false)
    .u(2, syntax.weightedBipredIdc ?? 0)
    .se(0, 0, -2)
    .flag(syntax.deblockingControl ?? false, false, syntax.redundantPicCnt ?? false);
  syntax.extension?.(writer);
  return writer.trailing().nal(0x68);
}

/** A NAL unit as the parser gives it out. */
export function nalUnit(data: Uint8Array): NalUnit {
  return { type: data[0]! & 31, refIdc: (data[0]! >> 5) & 3, data };
}

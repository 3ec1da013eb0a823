import { BitstreamError } from "../../core/errors.js";
import { RbspReader } from "./rbsp-reader.js";
import { readScalingLists, type ScalingList } from "./scaling-list.js";
import { readVuiParameters, type VuiParameters } from "./vui-parameters.js";

/** A rectangle in luma samples of the frame. */
export interface CropRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A sequence parameter set (7.3.2.1.1): syntax elements, then what follows from them. Plain data.
 */
export interface SequenceParameterSet {
  readonly profileIdc: number;
  /**
   * The byte of constraint_set0_flag (highest bit) to constraint_set5_flag and reserved_zero_2bits.
   */
  readonly constraintSetFlags: number;
  readonly levelIdc: number;
  /** 0 to 31. */
  readonly seqParameterSetId: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. 1 if not present. */
  readonly chromaFormatIdc: number;
  readonly separateColourPlaneFlag: boolean;
  readonly bitDepthLumaMinus8: number;
  readonly bitDepthChromaMinus8: number;
  readonly qpprimeYZeroTransformBypassFlag: boolean;
  /**
   * Present with seq_scaling_matrix_present_flag: 8 lists, or 12 with 4:4:4. An undefined list
   * follows fall-back rule A.
   */
  readonly scalingLists?: readonly (ScalingList | undefined)[];
  readonly log2MaxFrameNumMinus4: number;
  /** 0, 1 or 2. */
  readonly picOrderCntType: number;
  /** 0 unless picOrderCntType is 0. */
  readonly log2MaxPicOrderCntLsbMinus4: number;
  /** False unless picOrderCntType is 1. The next four are 0 or empty then. */
  readonly deltaPicOrderAlwaysZeroFlag: boolean;
  readonly offsetForNonRefPic: number;
  readonly offsetForTopToBottomField: number;
  /** offset_for_ref_frame[i]; its length is num_ref_frames_in_pic_order_cnt_cycle, 0 to 255. */
  readonly offsetForRefFrame: readonly number[];
  readonly maxNumRefFrames: number;
  readonly gapsInFrameNumValueAllowedFlag: boolean;
  readonly picWidthInMbsMinus1: number;
  readonly picHeightInMapUnitsMinus1: number;
  readonly frameMbsOnlyFlag: boolean;
  readonly mbAdaptiveFrameFieldFlag: boolean;
  readonly direct8x8InferenceFlag: boolean;
  /** Present with frame_cropping_flag: offsets in crop units. */
  readonly frameCrop?: {
    readonly leftOffset: number;
    readonly rightOffset: number;
    readonly topOffset: number;
    readonly bottomOffset: number;
  };
  /** Absent, too, if it is broken; `warnings` says so. */
  readonly vui?: VuiParameters;

  /** ChromaArrayType: chromaFormatIdc, or 0 with separate colour planes. */
  readonly chromaArrayType: number;
  /** MaxFrameNum: frame_num counts modulo this. */
  readonly maxFrameNum: number;
  /** PicWidthInMbs. */
  readonly picWidthInMbs: number;
  /** FrameHeightInMbs. */
  readonly frameHeightInMbs: number;
  /** Width after cropping, luma samples. */
  readonly width: number;
  /** Height after cropping, luma samples. */
  readonly height: number;
  /** The visible part of the coded frame (7.4.2.1.1). */
  readonly crop: CropRectangle;
  /** Faults that were tolerated, one clause each. */
  readonly warnings: readonly string[];
}

const clause = "7.4.2.1.1";

/**
 * Profiles whose SPS has chroma_format_idc and what follows it (7.3.2.1.1), and 144, the High 4:4:4
 * profile of 2003.
 */
const highProfiles: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135, 144,
]);

/** No level allows a wider or higher picture: a greater size is damage or an attack. */
const maxSideInMbs = 1024;
/** MaxFS of level 6.2, the highest (table A-1): 8192x4352 luma samples. */
export const maxFrameSizeInMbs = 139_264;

/** SubWidthC and SubHeightC by ChromaArrayType; monochrome crops like 4:4:4 (6-1, 7.4.2.1.1). */
const cropUnits = [
  { x: 1, y: 1 },
  { x: 2, y: 2 },
  { x: 2, y: 1 },
  { x: 1, y: 1 },
] as const;

/**
 * Parses a sequence parameter set NAL unit (7.3.2.1.1). Real devices send bytes after its end,
 * which are ignored, and broken VUIs, which are left out with a warning.
 *
 * @param nal the NAL unit with its header byte and emulation prevention bytes
 * @throws BitstreamError if an element that decoding needs is out of range or missing
 */
export function parseSequenceParameterSet(nal: Uint8Array): SequenceParameterSet {
  return readSequenceParameterSet(new RbspReader(nal));
}

/**
 * Reads seq_parameter_set_rbsp() (7.3.2.1) as {@link parseSequenceParameterSet} does.
 *
 * @throws BitstreamError if an element that decoding needs is out of range or missing
 */
export function readSequenceParameterSet(reader: RbspReader): SequenceParameterSet {
  const flag = (element: string) => reader.flag(element, clause);
  const ue = (element: string, max: number) => reader.ue(element, clause, 0, max);
  const se = (element: string) => reader.se(element, clause);

  const profileIdc = reader.u(8, "profile_idc", clause);
  const constraintSetFlags = reader.u(8, "constraint_set_flags", clause);
  const levelIdc = reader.u(8, "level_idc", clause);
  const seqParameterSetId = ue("seq_parameter_set_id", 31);
  const format = readFormat(reader, profileIdc);
  const log2MaxFrameNumMinus4 = ue("log2_max_frame_num_minus4", 12);

  const picOrderCntType = ue("pic_order_cnt_type", 2);
  let log2MaxPicOrderCntLsbMinus4 = 0;
  let deltaPicOrderAlwaysZeroFlag = false;
  let offsetForNonRefPic = 0;
  let offsetForTopToBottomField = 0;
  const offsetForRefFrame: number[] = [];
  if (picOrderCntType === 0) {
    log2MaxPicOrderCntLsbMinus4 = ue("log2_max_pic_order_cnt_lsb_minus4", 12);
  } else if (picOrderCntType === 1) {
    deltaPicOrderAlwaysZeroFlag = flag("delta_pic_order_always_zero_flag");
    offsetForNonRefPic = se("offset_for_non_ref_pic");
    offsetForTopToBottomField = se("offset_for_top_to_bottom_field");
    const cycle = ue("num_ref_frames_in_pic_order_cnt_cycle", 255);
    for (let index = 0; index < cycle; index++) offsetForRefFrame.push(se("offset_for_ref_frame"));
  }

  const maxNumRefFrames = ue("max_num_ref_frames", 16);
  const gapsInFrameNumValueAllowedFlag = flag("gaps_in_frame_num_value_allowed_flag");
  const picWidthInMbsMinus1 = ue("pic_width_in_mbs_minus1", maxSideInMbs - 1);
  const picHeightInMapUnitsMinus1 = ue("pic_height_in_map_units_minus1", maxSideInMbs - 1);
  const frameMbsOnlyFlag = flag("frame_mbs_only_flag");
  const picWidthInMbs = picWidthInMbsMinus1 + 1;
  const frameHeightInMbs = (frameMbsOnlyFlag ? 1 : 2) * (picHeightInMapUnitsMinus1 + 1);
  if (frameHeightInMbs > maxSideInMbs || picWidthInMbs * frameHeightInMbs > maxFrameSizeInMbs) {
    reader.fail(
      `the picture size was ${picWidthInMbs * 16}x${frameHeightInMbs * 16}, expected at most ` +
        `${maxSideInMbs * 16} a side and ${maxFrameSizeInMbs} macroblocks`,
      "pic_height_in_map_units_minus1",
      clause,
    );
  }
  const mbAdaptiveFrameFieldFlag = frameMbsOnlyFlag ? false : flag("mb_adaptive_frame_field_flag");
  const direct8x8InferenceFlag = flag("direct_8x8_inference_flag");

  const chromaArrayType = format.separateColourPlaneFlag ? 0 : format.chromaFormatIdc;
  let crop: CropRectangle = { x: 0, y: 0, width: picWidthInMbs * 16, height: frameHeightInMbs * 16 };
  let frameCrop: SequenceParameterSet["frameCrop"];
  if (flag("frame_cropping_flag")) {
    frameCrop = {
      leftOffset: reader.ue("frame_crop_left_offset", clause),
      rightOffset: reader.ue("frame_crop_right_offset", clause),
      topOffset: reader.ue("frame_crop_top_offset", clause),
      bottomOffset: reader.ue("frame_crop_bottom_offset", clause),
    };
    const unit = cropUnits[chromaArrayType]!;
    const unitY = unit.y * (frameMbsOnlyFlag ? 1 : 2);
    const width = crop.width - unit.x * (frameCrop.leftOffset + frameCrop.rightOffset);
    const height = crop.height - unitY * (frameCrop.topOffset + frameCrop.bottomOffset);
    if (width <= 0 || height <= 0) {
      reader.fail(
        `cropping left ${width}x${height} of a ${crop.width}x${crop.height} picture, expected at least one sample`,
        width <= 0 ? "frame_crop_right_offset" : "frame_crop_bottom_offset",
        clause,
      );
    }
    crop = { x: unit.x * frameCrop.leftOffset, y: unitY * frameCrop.topOffset, width, height };
  }

  const { vui, warnings } = readVui(reader);
  return {
    profileIdc,
    constraintSetFlags,
    levelIdc,
    seqParameterSetId,
    ...format,
    log2MaxFrameNumMinus4,
    picOrderCntType,
    log2MaxPicOrderCntLsbMinus4,
    deltaPicOrderAlwaysZeroFlag,
    offsetForNonRefPic,
    offsetForTopToBottomField,
    offsetForRefFrame,
    maxNumRefFrames,
    gapsInFrameNumValueAllowedFlag,
    picWidthInMbsMinus1,
    picHeightInMapUnitsMinus1,
    frameMbsOnlyFlag,
    mbAdaptiveFrameFieldFlag,
    direct8x8InferenceFlag,
    ...(frameCrop && { frameCrop }),
    ...(vui && { vui }),
    chromaArrayType,
    maxFrameNum: 2 ** (log2MaxFrameNumMinus4 + 4),
    picWidthInMbs,
    frameHeightInMbs,
    width: crop.width,
    height: crop.height,
    crop,
    warnings,
  };
}

/** chroma_format_idc and what follows it in the high profiles. */
function readFormat(reader: RbspReader, profileIdc: number) {
  if (!highProfiles.has(profileIdc)) {
    return {
      chromaFormatIdc: 1,
      separateColourPlaneFlag: false,
      bitDepthLumaMinus8: 0,
      bitDepthChromaMinus8: 0,
      qpprimeYZeroTransformBypassFlag: false,
    };
  }
  const chromaFormatIdc = reader.ue("chroma_format_idc", clause, 0, 3);
  const format = {
    chromaFormatIdc,
    separateColourPlaneFlag: chromaFormatIdc === 3 && reader.flag("separate_colour_plane_flag", clause),
    bitDepthLumaMinus8: reader.ue("bit_depth_luma_minus8", clause, 0, 6),
    bitDepthChromaMinus8: reader.ue("bit_depth_chroma_minus8", clause, 0, 6),
    qpprimeYZeroTransformBypassFlag: reader.flag("qpprime_y_zero_transform_bypass_flag", clause),
  };
  if (!reader.flag("seq_scaling_matrix_present_flag", clause)) return format;
  const count = chromaFormatIdc === 3 ? 12 : 8;
  return {
    ...format,
    scalingLists: readScalingLists(reader, count, "seq_scaling_list_present_flag", clause),
  };
}

/** Reads the VUI. Everything that decoding needs precedes it, so a fault costs only the VUI. */
function readVui(reader: RbspReader): { vui?: VuiParameters; warnings: string[] } {
  try {
    if (!reader.flag("vui_parameters_present_flag", clause)) return { warnings: [] };
    return { vui: readVuiParameters(reader), warnings: [] };
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    return { warnings: [`the VUI was left out: ${error.message}`] };
  }
}

/** constraint_set0_flag to constraint_set5_flag (7.4.2.1.1). */
export function constraintSetFlag(sps: SequenceParameterSet, set: 0 | 1 | 2 | 3 | 4 | 5): boolean {
  return ((sps.constraintSetFlags >> (7 - set)) & 1) === 1;
}

/**
 * True for level 1b, which is level_idc 9, or 11 with constraint_set3_flag in the profiles of 2003
 * (A.3.1, A.3.2).
 */
export function isLevel1b(sps: SequenceParameterSet): boolean {
  if (sps.levelIdc === 9) return true;
  return sps.levelIdc === 11 && [66, 77, 88].includes(sps.profileIdc) && constraintSetFlag(sps, 3);
}

/** MaxDpbMbs by level_idc (table A-1). Level 1b has the value of level 1. */
const maxDpbMbs: ReadonlyMap<number, number> = new Map([
  [9, 396],
  [10, 396],
  [11, 900],
  [12, 2376],
  [13, 2376],
  [20, 2376],
  [21, 4752],
  [22, 8100],
  [30, 8100],
  [31, 18_000],
  [32, 20_480],
  [40, 32_768],
  [41, 32_768],
  [42, 34_816],
  [50, 110_400],
  [51, 184_320],
  [52, 184_320],
  [60, 696_320],
  [61, 696_320],
  [62, 696_320],
]);

/** MaxDpbMbs of level 6.2, for levels that are not in the table. */
const highestMaxDpbMbs = 696_320;

/**
 * MaxDpbFrames (A.3.1, A.3.2): how many frames the level lets the decoded picture buffer hold, 1 to
 * 16. An unknown level counts as the highest. The result is never below max_num_ref_frames.
 */
export function maxDpbFrames(sps: SequenceParameterSet): number {
  const mbs = maxDpbMbs.get(isLevel1b(sps) ? 10 : sps.levelIdc) ?? highestMaxDpbMbs;
  const frames = Math.floor(mbs / (sps.picWidthInMbs * sps.frameHeightInMbs));
  return Math.min(16, Math.max(1, frames, sps.maxNumRefFrames));
}

/**
 * Profiles in which constraint_set3_flag means that every picture is intra coded (E.2.1,
 * max_num_reorder_frames).
 */
const intraProfiles: readonly number[] = [44, 86, 100, 110, 122, 244];

/**
 * How many frames can precede a frame in decoding order and follow it in output order:
 * max_num_reorder_frames, or 0 where the SPS proves that output order is decoding order. Undefined
 * if the SPS does not say; then {@link maxDpbFrames} is the bound.
 */
export function reorderDepth(sps: SequenceParameterSet): number | undefined {
  if (sps.picOrderCntType === 2) return 0;
  const stated = sps.vui?.bitstreamRestriction?.maxNumReorderFrames;
  if (stated !== undefined) return stated;
  return intraProfiles.includes(sps.profileIdc) && constraintSetFlag(sps, 3) ? 0 : undefined;
}

/** Frames that are neither references nor waiting: the one being decoded, and the one before it. */
const framesInHand = 2;
/** What a decoder keeps per macroblock beside samples: motion vectors, reference indices, types. */
const bytesBesideSamples = 160;

/**
 * The most memory, in bytes, that decoded pictures of the stream take at one time: all references,
 * all frames that wait to be output, and the two in hand. A whole DPB may wait, because the stated
 * reorder depth may be wrong.
 */
export function decodedBytes(sps: SequenceParameterSet): number {
  const waiting = maxDpbFrames(sps);
  const bytesPerSample = sps.bitDepthLumaMinus8 > 0 || sps.bitDepthChromaMinus8 > 0 ? 2 : 1;
  const samples = 256 * [1, 1.5, 2, 3][sps.chromaFormatIdc]!;
  const frame = sps.picWidthInMbs * sps.frameHeightInMbs * (samples * bytesPerSample + bytesBesideSamples);
  return frame * (sps.maxNumRefFrames + waiting + framesInHand);
}

/**
 * Frames per second as the VUI states them: time_scale / (2 * num_units_in_tick) (E.2.1). Undefined
 * if it does not, or if live video has no such rate: below 0.1 or above 1000.
 */
export function pictureRate(sps: SequenceParameterSet): number | undefined {
  const timing = sps.vui?.timingInfo;
  if (!timing) return undefined;
  const rate = timing.timeScale / (2 * timing.numUnitsInTick);
  return rate >= 0.1 && rate <= 1000 ? rate : undefined;
}

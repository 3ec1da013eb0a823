import { RbspReader } from "./rbsp-reader.js";
import { readScalingLists, type ScalingList } from "./scaling-list.js";
import { maxFrameSizeInMbs, type SequenceParameterSet } from "./sequence-parameter-set.js";

/** A picture parameter set (7.3.2.2). Plain data. */
export interface PictureParameterSet {
  /** 0 to 255. */
  readonly picParameterSetId: number;
  /** 0 to 31. */
  readonly seqParameterSetId: number;
  /** True is CABAC, false is CAVLC. */
  readonly entropyCodingModeFlag: boolean;
  readonly bottomFieldPicOrderInFramePresentFlag: boolean;
  readonly numSliceGroupsMinus1: number;
  /** Present if there are several slice groups (flexible macroblock ordering). */
  readonly sliceGroups?: SliceGroups;
  readonly numRefIdxL0DefaultActiveMinus1: number;
  readonly numRefIdxL1DefaultActiveMinus1: number;
  readonly weightedPredFlag: boolean;
  /** 0, 1 (explicit) or 2 (implicit). */
  readonly weightedBipredIdc: number;
  readonly picInitQpMinus26: number;
  readonly picInitQsMinus26: number;
  readonly chromaQpIndexOffset: number;
  readonly deblockingFilterControlPresentFlag: boolean;
  readonly constrainedIntraPredFlag: boolean;
  readonly redundantPicCntPresentFlag: boolean;
  readonly transform8x8ModeFlag: boolean;
  /**
   * Present with pic_scaling_matrix_present_flag: 6, 8 or 12 lists. An undefined list follows
   * fall-back rule A or B.
   */
  readonly scalingLists?: readonly (ScalingList | undefined)[];
  /** chromaQpIndexOffset if not present. */
  readonly secondChromaQpIndexOffset: number;
}

/** How macroblocks are mapped to slice groups (7.4.2.2), by slice_group_map_type. */
export type SliceGroups =
  | { readonly sliceGroupMapType: 0; readonly runLengthMinus1: readonly number[] }
  | { readonly sliceGroupMapType: 1 }
  | {
      readonly sliceGroupMapType: 2;
      readonly topLeft: readonly number[];
      readonly bottomRight: readonly number[];
    }
  | {
      readonly sliceGroupMapType: 3 | 4 | 5;
      readonly sliceGroupChangeDirectionFlag: boolean;
      readonly sliceGroupChangeRateMinus1: number;
    }
  /** slice_group_id is skipped. */
  | { readonly sliceGroupMapType: 6; readonly picSizeInMapUnitsMinus1: number };

const clause = "7.4.2.2";

/**
 * Parses a picture parameter set NAL unit (7.3.2.2).
 *
 * @param nal the NAL unit with its header byte and emulation prevention bytes
 * @param spsById the SPS that the PPS refers to; if it is not known, 4:2:0 is assumed for the
 *   number of scaling lists
 * @throws BitstreamError
 */
export function parsePictureParameterSet(
  nal: Uint8Array,
  spsById: (id: number) => SequenceParameterSet | undefined,
): PictureParameterSet {
  return readPictureParameterSet(new RbspReader(nal), spsById);
}

/**
 * Reads pic_parameter_set_rbsp() (7.3.2.2) as {@link parsePictureParameterSet} does.
 *
 * @throws BitstreamError
 */
export function readPictureParameterSet(
  reader: RbspReader,
  spsById: (id: number) => SequenceParameterSet | undefined,
): PictureParameterSet {
  const flag = (element: string) => reader.flag(element, clause);
  const ue = (element: string, max: number) => reader.ue(element, clause, 0, max);
  const se = (element: string, min: number, max: number) => reader.se(element, clause, min, max);

  const picParameterSetId = ue("pic_parameter_set_id", 255);
  const seqParameterSetId = ue("seq_parameter_set_id", 31);
  const entropyCodingModeFlag = flag("entropy_coding_mode_flag");
  const bottomFieldPicOrderInFramePresentFlag = flag("bottom_field_pic_order_in_frame_present_flag");
  const numSliceGroupsMinus1 = ue("num_slice_groups_minus1", 7);
  const sliceGroups = numSliceGroupsMinus1 > 0 ? readSliceGroups(reader, numSliceGroupsMinus1) : undefined;
  const numRefIdxL0DefaultActiveMinus1 = ue("num_ref_idx_l0_default_active_minus1", 31);
  const numRefIdxL1DefaultActiveMinus1 = ue("num_ref_idx_l1_default_active_minus1", 31);
  const weightedPredFlag = flag("weighted_pred_flag");
  const weightedBipredIdc = reader.u(2, "weighted_bipred_idc", clause, 0, 2);
  // QpBdOffsetY is 36 at 14 bits. QS has no such offset, but encoders give it the value of QP.
  const picInitQpMinus26 = se("pic_init_qp_minus26", -62, 25);
  const picInitQsMinus26 = se("pic_init_qs_minus26", -62, 25);
  const chromaQpIndexOffset = se("chroma_qp_index_offset", -12, 12);
  const deblockingFilterControlPresentFlag = flag("deblocking_filter_control_present_flag");
  const constrainedIntraPredFlag = flag("constrained_intra_pred_flag");
  const redundantPicCntPresentFlag = flag("redundant_pic_cnt_present_flag");

  const sps = spsById(seqParameterSetId);
  let transform8x8ModeFlag = false;
  let secondChromaQpIndexOffset = chromaQpIndexOffset;
  let scalingLists: (ScalingList | undefined)[] | undefined;
  if (reader.moreRbspData() && !hasNoExtension(sps)) {
    transform8x8ModeFlag = flag("transform_8x8_mode_flag");
    if (flag("pic_scaling_matrix_present_flag")) {
      const lists8x8 = transform8x8ModeFlag ? (sps?.chromaFormatIdc === 3 ? 6 : 2) : 0;
      scalingLists = readScalingLists(reader, 6 + lists8x8, "pic_scaling_list_present_flag", clause);
    }
    secondChromaQpIndexOffset = se("second_chroma_qp_index_offset", -12, 12);
  }
  // Written out, because V8 gives objects that a spread makes many shapes, and each slice header
  // reads seven elements of this one.
  const pps: PictureParameterSet = {
    picParameterSetId,
    seqParameterSetId,
    entropyCodingModeFlag,
    bottomFieldPicOrderInFramePresentFlag,
    numSliceGroupsMinus1,
    numRefIdxL0DefaultActiveMinus1,
    numRefIdxL1DefaultActiveMinus1,
    weightedPredFlag,
    weightedBipredIdc,
    picInitQpMinus26,
    picInitQsMinus26,
    chromaQpIndexOffset,
    deblockingFilterControlPresentFlag,
    constrainedIntraPredFlag,
    redundantPicCntPresentFlag,
    transform8x8ModeFlag,
    secondChromaQpIndexOffset,
  };
  if (!sliceGroups && !scalingLists) return pps;
  return { ...pps, ...(sliceGroups && { sliceGroups }), ...(scalingLists && { scalingLists }) };
}

/**
 * In Baseline, Main and Extended streams nothing follows redundant_pic_cnt_present_flag (A.2.1 to
 * A.2.3), but some encoders leave garbage there. Applies only to streams that also claim such a
 * profile by flag.
 */
function hasNoExtension(sps: SequenceParameterSet | undefined): boolean {
  return sps !== undefined && [66, 77, 88].includes(sps.profileIdc) && (sps.constraintSetFlags & 0xe0) !== 0;
}

function readSliceGroups(reader: RbspReader, numSliceGroupsMinus1: number): SliceGroups {
  const mapUnit = (element: string) => reader.ue(element, clause, 0, maxFrameSizeInMbs - 1);
  const sliceGroupMapType = reader.ue("slice_group_map_type", clause, 0, 6);
  switch (sliceGroupMapType) {
    case 0: {
      const runLengthMinus1: number[] = [];
      for (let group = 0; group <= numSliceGroupsMinus1; group++) {
        runLengthMinus1.push(mapUnit("run_length_minus1"));
      }
      return { sliceGroupMapType, runLengthMinus1 };
    }
    case 1:
      return { sliceGroupMapType };
    case 2: {
      const topLeft: number[] = [];
      const bottomRight: number[] = [];
      for (let group = 0; group < numSliceGroupsMinus1; group++) {
        topLeft.push(mapUnit("top_left"));
        bottomRight.push(mapUnit("bottom_right"));
      }
      return { sliceGroupMapType, topLeft, bottomRight };
    }
    case 3:
    case 4:
    case 5:
      return {
        sliceGroupMapType,
        sliceGroupChangeDirectionFlag: reader.flag("slice_group_change_direction_flag", clause),
        sliceGroupChangeRateMinus1: mapUnit("slice_group_change_rate_minus1"),
      };
    default: {
      const picSizeInMapUnitsMinus1 = mapUnit("pic_size_in_map_units_minus1");
      const bits = Math.ceil(Math.log2(numSliceGroupsMinus1 + 1));
      reader.skip(bits * (picSizeInMapUnitsMinus1 + 1), "slice_group_id", clause);
      return { sliceGroupMapType: 6, picSizeInMapUnitsMinus1 };
    }
  }
}

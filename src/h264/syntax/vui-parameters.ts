import type { RbspReader } from "./rbsp-reader.js";

/** Video usability information (E.1.1). Elements that the stream does not have are absent. */
export interface VuiParameters {
  /** aspect_ratio_idc (table E-1); 255 is Extended_SAR. */
  readonly aspectRatioIdc?: number;
  /** sar_width, with Extended_SAR. 0 means unspecified. */
  readonly sarWidth?: number;
  /** sar_height, with Extended_SAR. 0 means unspecified. */
  readonly sarHeight?: number;
  readonly overscanAppropriateFlag?: boolean;
  readonly videoSignalType?: VideoSignalType;
  readonly chromaLocInfo?: {
    readonly chromaSampleLocTypeTopField: number;
    readonly chromaSampleLocTypeBottomField: number;
  };
  readonly timingInfo?: TimingInfo;
  readonly nalHrdParameters?: HrdParameters;
  readonly vclHrdParameters?: HrdParameters;
  /** Present with either kind of HRD parameters. */
  readonly lowDelayHrdFlag?: boolean;
  readonly picStructPresentFlag: boolean;
  readonly bitstreamRestriction?: BitstreamRestriction;
}

/** What the samples mean (E.2.1). The numbers are those of ITU-T H.273. */
export interface VideoSignalType {
  readonly videoFormat: number;
  readonly videoFullRangeFlag: boolean;
  readonly colourDescription?: {
    readonly colourPrimaries: number;
    readonly transferCharacteristics: number;
    readonly matrixCoefficients: number;
  };
}

/**
 * The clock of the stream (E.2.1): a tick lasts numUnitsInTick / timeScale seconds, a frame two
 * ticks.
 */
export interface TimingInfo {
  readonly numUnitsInTick: number;
  readonly timeScale: number;
  readonly fixedFrameRateFlag: boolean;
}

/** What the encoder promises about the stream (E.2.1). */
export interface BitstreamRestriction {
  readonly motionVectorsOverPicBoundariesFlag: boolean;
  readonly maxBytesPerPicDenom: number;
  readonly maxBitsPerMbDenom: number;
  readonly log2MaxMvLengthHorizontal: number;
  readonly log2MaxMvLengthVertical: number;
  /** How many frames can precede a frame in decoding order and follow it in output order. */
  readonly maxNumReorderFrames: number;
  /** How many frames the decoded picture buffer must hold. */
  readonly maxDecFrameBuffering: number;
}

/** Parameters of the hypothetical reference decoder (E.1.2). */
export interface HrdParameters {
  readonly bitRateScale: number;
  readonly cpbSizeScale: number;
  /** One entry for each SchedSelIdx, 1 to 32 of them. */
  readonly cpbs: readonly {
    readonly bitRateValueMinus1: number;
    readonly cpbSizeValueMinus1: number;
    readonly cbrFlag: boolean;
  }[];
  readonly initialCpbRemovalDelayLengthMinus1: number;
  readonly cpbRemovalDelayLengthMinus1: number;
  readonly dpbOutputDelayLengthMinus1: number;
  readonly timeOffsetLength: number;
}

const extendedSar = 255;

/** aspect_ratio_idc 1 to 16 (table E-1). */
const sampleAspectRatios = [
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
] as const;

/** Width to height of one sample. */
export interface SampleAspectRatio {
  readonly width: number;
  readonly height: number;
}

/**
 * Width to height of one sample (E.2.1), reduced; undefined if the stream does not say. Some
 * encoders write 40:40 although sar_width and sar_height shall be relatively prime.
 */
export function sampleAspectRatio(vui: VuiParameters | undefined): SampleAspectRatio | undefined {
  const index = vui?.aspectRatioIdc ?? 0;
  const [width, height] =
    index === extendedSar ? [vui?.sarWidth, vui?.sarHeight] : (sampleAspectRatios[index - 1] ?? []);
  return width && height ? reducedRatio(width, height) : undefined;
}

/** The ratio of two whole numbers above 0, without a common divisor. */
export function reducedRatio(width: number, height: number): SampleAspectRatio {
  let [divisor, rest] = [width, height];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return { width: width / divisor, height: height / divisor };
}

const vuiClause = "E.2.1";
const hrdClause = "E.2.2";

/**
 * Reads vui_parameters() (E.1.1).
 *
 * @throws BitstreamError, also for a reorder depth that no decoder has; the caller decides what a
 *   broken VUI costs
 */
export function readVuiParameters(reader: RbspReader): VuiParameters {
  const flag = (element: string) => reader.flag(element, vuiClause);
  const u = (bits: number, element: string) => reader.u(bits, element, vuiClause);
  const ue = (element: string) => reader.ue(element, vuiClause);

  const vui: { -readonly [K in keyof VuiParameters]: VuiParameters[K] } = { picStructPresentFlag: false };
  if (flag("aspect_ratio_info_present_flag")) {
    vui.aspectRatioIdc = u(8, "aspect_ratio_idc");
    if (vui.aspectRatioIdc === extendedSar) {
      vui.sarWidth = u(16, "sar_width");
      vui.sarHeight = u(16, "sar_height");
    }
  }
  if (flag("overscan_info_present_flag")) vui.overscanAppropriateFlag = flag("overscan_appropriate_flag");
  if (flag("video_signal_type_present_flag")) vui.videoSignalType = readVideoSignalType(reader);
  if (flag("chroma_loc_info_present_flag")) {
    vui.chromaLocInfo = {
      chromaSampleLocTypeTopField: ue("chroma_sample_loc_type_top_field"),
      chromaSampleLocTypeBottomField: ue("chroma_sample_loc_type_bottom_field"),
    };
  }
  if (flag("timing_info_present_flag")) {
    vui.timingInfo = {
      numUnitsInTick: u(32, "num_units_in_tick"),
      timeScale: u(32, "time_scale"),
      fixedFrameRateFlag: flag("fixed_frame_rate_flag"),
    };
  }
  if (flag("nal_hrd_parameters_present_flag")) vui.nalHrdParameters = readHrdParameters(reader);
  if (flag("vcl_hrd_parameters_present_flag")) vui.vclHrdParameters = readHrdParameters(reader);
  if (vui.nalHrdParameters || vui.vclHrdParameters) vui.lowDelayHrdFlag = flag("low_delay_hrd_flag");
  vui.picStructPresentFlag = flag("pic_struct_present_flag");
  if (flag("bitstream_restriction_flag")) {
    vui.bitstreamRestriction = {
      motionVectorsOverPicBoundariesFlag: flag("motion_vectors_over_pic_boundaries_flag"),
      maxBytesPerPicDenom: ue("max_bytes_per_pic_denom"),
      maxBitsPerMbDenom: ue("max_bits_per_mb_denom"),
      log2MaxMvLengthHorizontal: ue("log2_max_mv_length_horizontal"),
      log2MaxMvLengthVertical: ue("log2_max_mv_length_vertical"),
      maxNumReorderFrames: reader.ue("max_num_reorder_frames", vuiClause, 0, 16),
      maxDecFrameBuffering: reader.ue("max_dec_frame_buffering", vuiClause, 0, 16),
    };
  }
  return vui;
}

function readVideoSignalType(reader: RbspReader): VideoSignalType {
  const videoFormat = reader.u(3, "video_format", vuiClause);
  const videoFullRangeFlag = reader.flag("video_full_range_flag", vuiClause);
  if (!reader.flag("colour_description_present_flag", vuiClause)) return { videoFormat, videoFullRangeFlag };
  return {
    videoFormat,
    videoFullRangeFlag,
    colourDescription: {
      colourPrimaries: reader.u(8, "colour_primaries", vuiClause),
      transferCharacteristics: reader.u(8, "transfer_characteristics", vuiClause),
      matrixCoefficients: reader.u(8, "matrix_coefficients", vuiClause),
    },
  };
}

/** hrd_parameters() (E.1.2). */
function readHrdParameters(reader: RbspReader): HrdParameters {
  const cpbCount = reader.ue("cpb_cnt_minus1", hrdClause, 0, 31) + 1;
  const bitRateScale = reader.u(4, "bit_rate_scale", hrdClause);
  const cpbSizeScale = reader.u(4, "cpb_size_scale", hrdClause);
  const cpbs: HrdParameters["cpbs"][number][] = [];
  for (let index = 0; index < cpbCount; index++) {
    cpbs.push({
      bitRateValueMinus1: reader.ue("bit_rate_value_minus1", hrdClause),
      cpbSizeValueMinus1: reader.ue("cpb_size_value_minus1", hrdClause),
      cbrFlag: reader.flag("cbr_flag", hrdClause),
    });
  }
  return {
    bitRateScale,
    cpbSizeScale,
    cpbs,
    initialCpbRemovalDelayLengthMinus1: reader.u(5, "initial_cpb_removal_delay_length_minus1", hrdClause),
    cpbRemovalDelayLengthMinus1: reader.u(5, "cpb_removal_delay_length_minus1", hrdClause),
    dpbOutputDelayLengthMinus1: reader.u(5, "dpb_output_delay_length_minus1", hrdClause),
    timeOffsetLength: reader.u(5, "time_offset_length", hrdClause),
  };
}

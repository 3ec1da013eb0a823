/** The bitstream layer: ITU-T H.264 Annex B bytes to NAL units, syntax structures and access units. For Node and browsers alike. */
export type { Chunk, Framing } from "../core/chunk.js";
export { BitstreamError, type BitstreamPlace } from "../core/errors.js";
export { type IssueCode, type IssueCount, IssueCounter, type IssueReporter } from "../core/issues.js";
export type { Sink } from "../core/sink.js";
export { type CancelTimer, type Clock, type Microseconds, microseconds } from "../core/time.js";
export type { AccessUnit, CodedPicture, NalUnitRange, RandomAccess, SequenceFormat } from "./access-unit.js";
export {
  AccessUnitAssembler,
  type AccessUnitAssemblerOptions,
  type Boundary,
} from "./access-unit-assembler.js";
export {
  AnnexBParser,
  type AnnexBParserOptions,
  type NalUnitSink,
  type ReceivedNalUnit,
} from "./annex-b-parser.js";
export { codecString, levelName, profileName } from "./codec-string.js";
export { type NalUnit, type NalUnitHeader, NalUnitType, parseNalUnitHeader } from "./nal-unit.js";
export { OutputOrder } from "./output-order.js";
export { type ParameterSetChange, ParameterSets } from "./parameter-sets.js";
export type { CheckedPictures, PictureCheckOptions } from "./picture-check.js";
export { PictureEnd, type PictureEndOptions, type PictureEndStatistics } from "./picture-end.js";
export { type PictureOrderCount, PictureOrderCountDecoder } from "./picture-order-count.js";
export {
  type PictureParameterSet,
  parsePictureParameterSet,
  type SliceGroups,
} from "./picture-parameter-set.js";
export { type AccessUnitReceiver, receiveAccessUnits } from "./receive-access-units.js";
export type { ScalingList } from "./scaling-list.js";
export {
  type ClockTimestamp,
  type PicTimingSei,
  parseSei,
  type RawSei,
  type RecoveryPointSei,
  type SeiMessage,
  type UserDataUnregisteredSei,
} from "./sei.js";
export {
  type CropRectangle,
  maxDpbFrames,
  parseSequenceParameterSet,
  pictureRate,
  reorderDepth,
  type SequenceParameterSet,
} from "./sequence-parameter-set.js";
export {
  type DecRefPicMarking,
  type MemoryManagementControlOperation,
  parseSliceHeader,
  parseSliceIdentity,
  type RefPicListModification,
  type SliceHeader,
  type SliceIdentity,
  type SliceType,
} from "./slice-header.js";
export type {
  BitstreamRestriction,
  HrdParameters,
  TimingInfo,
  VideoSignalType,
  VuiParameters,
} from "./vui-parameters.js";

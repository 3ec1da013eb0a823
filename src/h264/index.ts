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
} from "./access-units/access-unit-assembler.js";
export {
  AnnexBParser,
  type AnnexBParserOptions,
  type NalUnitSink,
  type ReceivedNalUnit,
} from "./access-units/annex-b-parser.js";
export type { CheckedPictures, PictureCheckOptions } from "./access-units/picture-check.js";
export { PictureEnd, type PictureEndOptions, type PictureEndStatistics } from "./access-units/picture-end.js";
export { type AccessUnitReceiver, receiveAccessUnits } from "./access-units/receive-access-units.js";
export { OutputOrder } from "./order/output-order.js";
export { type PictureOrderCount, PictureOrderCountDecoder } from "./order/picture-order-count.js";
export { codecString, levelName, profileName } from "./syntax/codec-string.js";
export { type NalUnit, type NalUnitHeader, NalUnitType, parseNalUnitHeader } from "./syntax/nal-unit.js";
export { type ParameterSetChange, ParameterSets } from "./syntax/parameter-sets.js";
export {
  type PictureParameterSet,
  parsePictureParameterSet,
  type SliceGroups,
} from "./syntax/picture-parameter-set.js";
export type { ScalingList } from "./syntax/scaling-list.js";
export {
  type ClockTimestamp,
  type PicTimingSei,
  parseSei,
  type RawSei,
  type RecoveryPointSei,
  type SeiMessage,
  type UserDataUnregisteredSei,
} from "./syntax/sei.js";
export {
  type CropRectangle,
  maxDpbFrames,
  parseSequenceParameterSet,
  pictureRate,
  reorderDepth,
  type SequenceParameterSet,
} from "./syntax/sequence-parameter-set.js";
export {
  type DecRefPicMarking,
  type MemoryManagementControlOperation,
  parseSliceHeader,
  parseSliceIdentity,
  type RefPicListModification,
  type SliceHeader,
  type SliceIdentity,
  type SliceType,
} from "./syntax/slice-header.js";
export type {
  BitstreamRestriction,
  HrdParameters,
  TimingInfo,
  VideoSignalType,
  VuiParameters,
} from "./syntax/vui-parameters.js";

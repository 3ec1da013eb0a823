/**
 * The bitstream layer: H.264 byte streams to access units and syntax structures. Runs in browsers,
 * too.
 */
export { BitstreamError, type BitstreamPlace, type ErrorCode, NaliveError } from "../core/errors.js";
export { type IssueCode, type IssueCount, IssueCounter, type IssueReporter } from "../core/issues.js";
export {
  type CodedAccessUnit,
  type CodedPicture,
  isStart,
  type NalUnitRange,
  type RandomAccess,
  type SequenceFormat,
} from "./access-unit.js";
export { type AccessUnitInput, type AccessUnitsOptions, accessUnits } from "./access-units.js";
export { splitAnnexB } from "./annex-b.js";
export { codecString, levelName, profileName } from "./syntax/codec-string.js";
export type { DecRefPicMarking, MemoryManagementControlOperation } from "./syntax/dec-ref-pic-marking.js";
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
  parseSliceHeader,
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

/** The bitstream layer: ITU-T H.264 Annex B bytes to NAL units, syntax structures and access units. For Node and browsers alike. */
export type { Chunk, Framing } from "../core/chunk.js";
export { BitstreamError } from "../core/errors.js";
export { type IssueCode, type IssueCount, IssueCounter, type IssueReporter } from "../core/issues.js";
export type { Sink } from "../core/sink.js";
export { type CancelTimer, type Clock, type Microseconds, microseconds } from "../core/time.js";
export type { AccessUnit, CodedPicture, NalUnitRange, RandomAccess, SequenceFormat } from "./access-unit.js";
export { AccessUnitAssembler, type AccessUnitAssemblerOptions } from "./access-unit-assembler.js";
export {
  AnnexBParser,
  type AnnexBParserOptions,
  type NalUnitSink,
  type ReceivedNalUnit,
} from "./annex-b-parser.js";
export { codecString, levelName, profileName } from "./codec-string.js";
export { type NalUnit, NalUnitType, parseNalUnitHeader } from "./nal-unit.js";
export { OutputOrder } from "./output-order.js";
export { ParameterSets } from "./parameter-sets.js";
export { PictureEnd, type PictureEndStatistics } from "./picture-end.js";
export { type PictureOrderCount, PictureOrderCountDecoder } from "./picture-order-count.js";
export { type PictureParameterSet, parsePictureParameterSet } from "./picture-parameter-set.js";
export { type AccessUnitReceiver, receiveAccessUnits } from "./receive-access-units.js";
export { parseSei, type SeiMessage } from "./sei.js";
export {
  maxDpbFrames,
  parseSequenceParameterSet,
  pictureRate,
  reorderDepth,
  type SequenceParameterSet,
} from "./sequence-parameter-set.js";
export {
  parseSliceHeader,
  parseSliceIdentity,
  type SliceHeader,
  type SliceIdentity,
} from "./slice-header.js";

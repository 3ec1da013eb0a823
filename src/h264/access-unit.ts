import type { Microseconds } from "../core/time.js";

/** Where a NAL unit lies in `AccessUnit.data`. */
export interface NalUnitRange {
  /** nal_unit_type. */
  readonly type: number;
  /** nal_ref_idc. */
  readonly refIdc: number;
  /** Offset of the NAL unit's header byte, just after its start code. */
  readonly offset: number;
  /** Bytes, with emulation prevention, without trailing zeros. */
  readonly length: number;
}

/** What the first slice header of the primary coded picture says of the picture. */
export interface CodedPicture {
  /** A field is a picture of its own; with MBAFF it is a frame. */
  readonly structure: "frame" | "top-field" | "bottom-field";
  /** True for the second field of a complementary pair (3.30, 3.31): the first is the access unit before. */
  readonly secondField: boolean;
  /** IdrPicFlag. */
  readonly idr: boolean;
  /** nal_ref_idc is not 0: later pictures may refer to it. */
  readonly reference: boolean;
  /** frame_num, modulo `SequenceFormat.maxFrameNum`. */
  readonly frameNum: number;
  /** PicOrderCnt, after memory_management_control_operation 5 if there is one (8.2.1). */
  readonly pictureOrderCount: number;
  /** memory_management_control_operation 5: order starts anew here, as with an IDR picture. */
  readonly startsOrder: boolean;
  /** The most general slice type in the picture. */
  readonly type: "I" | "P" | "B";
  /** Coded slices of the primary picture. */
  readonly sliceCount: number;
  /** No slice-group, arbitrary-order, SP or partition feature that FFmpeg lacks, or the name of the one in use. */
  readonly unsupported?: string;
}

/** What of the active SPS the next stages need. */
export interface SequenceFormat {
  /** Width after cropping, luma samples. */
  readonly width: number;
  /** Height of a frame after cropping, luma samples. */
  readonly height: number;
  /** Pictures a second by the VUI; undefined when it does not say. */
  readonly pictureRate?: number;
  /** Pictures that may precede one in decoding order and follow it in output order, when known for certain. */
  readonly reorderDepth?: number;
  /** MaxDpbFrames of the level (A.3.1): the reorder depth cannot be more. */
  readonly maxDpbFrames: number;
  /** max_num_ref_frames: with 1, a reference picture leaves no older one to refer to. */
  readonly maxReferenceFrames: number;
  /** MaxFrameNum: frame_num counts modulo this. */
  readonly maxFrameNum: number;
  /** Memory that the decoded pictures of the stream take at most, bytes: references, those that wait, those in hand. */
  readonly decodedBytes: number;
  /** gaps_in_frame_num_value_allowed_flag: frame_num may skip values although nothing is lost. */
  readonly gapsInFrameNumAllowed: boolean;
}

/**
 * What makes an access unit a random access point.
 * - `idr`: an IDR picture
 * - `recovery-point`: an SEI message says so; pictures are right after `recoveryFrameCount` frames
 */
export type RandomAccess = "idr" | "recovery-point";

/** One primary coded picture and all that belongs to it (7.4.1.2.3): what the bitstream says. */
export interface CodedAccessUnit {
  /** Number in decoding order, from 0; goes on across connections. */
  readonly sequence: number;
  /** The NAL units in Annex B form, each after `00 00 00 01`. Nobody writes to these bytes while they last. */
  readonly data: Uint8Array;
  /** Where each NAL unit lies in `data`, in order. */
  readonly nalUnits: readonly NalUnitRange[];
  /**
   * All parameter sets known before this access unit, in Annex B form: what a decoder needs to
   * start here. The same object until one changes.
   */
  readonly parameterSets: Uint8Array;
  /** The primary coded picture. */
  readonly picture: CodedPicture;
  /** What the SPS says that the picture refers to. The same object until the SPS changes. */
  readonly format: SequenceFormat;
  /** What makes it a random access point; undefined: it is none. See `isPossibleStart`. */
  readonly randomAccess: RandomAccess | undefined;
  /** recovery_frame_cnt of a recovery point, else 0. */
  readonly recoveryFrameCount: number;
  /** Byte offset in the stream of the header of its first NAL unit. */
  readonly position: number;
  /** Bytes of its slices are missing or foreign. False where nobody looked: see `SliceDataCheck`. */
  readonly broken: boolean;
  /** Something before it was lost or dropped: pictures may refer to what never came. */
  readonly discontinuity: boolean;
}

/**
 * An access unit as it was received: the currency of the coded side. Plain and structured-clonable.
 */
export interface AccessUnit extends CodedAccessUnit {
  /** Number of the sender's connection, from 0. */
  readonly epoch: number;
  /** When its first byte was received, µs on the process's clock as the two that follow. */
  readonly firstByteAt: Microseconds;
  /** When its last byte was received. */
  readonly lastByteAt: Microseconds;
  /** When it was known to be complete. */
  readonly completeAt: Microseconds;
  /** What told that it is complete; `silence` and `transport` are guesses from evidence. */
  readonly endedBy: "next" | "end-of-input" | "transport" | "silence";
  /** True when it replaces the access unit of the same `sequence`, whose end was guessed too early. */
  readonly corrects: boolean;
  /**
   * What the decoder is to leave out because decoding is late; only ever of a picture that no other
   * refers to. `picture`: it is not decoded, and those that follow it in output order need not wait
   * for it.
   */
  readonly leaveOut?: "loop-filter" | "picture";
}

/** What an access unit takes in memory beside its bytes, about: the object, and one for each NAL unit. */
const objectBytes = 1024;
const nalUnitObjectBytes = 64;

/** Bytes of memory that an access unit takes, about, for the bounds of what holds many of them. */
export function memoryOf({ data, parameterSets, nalUnits }: AccessUnit): number {
  return objectBytes + data.byteLength + parameterSets.byteLength + nalUnits.length * nalUnitObjectBytes;
}

/** An access unit and its place in a stream: what is relayed, recorded and decoded elsewhere. */
export interface NumberedAccessUnit {
  /** Number of the group (a random access point and what hangs on it), from 0; goes on across epochs. */
  readonly group: number;
  /** Number within the group in decoding order, from 0. A gap means: something is lost, go on with the next group. */
  readonly object: number;
  /** The access unit; one that `corrects` has the numbers of the one that it replaces. */
  readonly unit: AccessUnit;
}

/**
 * True for a picture of I slices that is no random access point: later pictures may refer to those
 * before it.
 */
export function isBareIntra({ randomAccess, picture }: CodedAccessUnit): boolean {
  return randomAccess === undefined && picture.type === "I";
}

/** True where a decoder can be started, although pictures may be wrong at first. */
export function isPossibleStart({ randomAccess, picture }: CodedAccessUnit): boolean {
  return randomAccess !== undefined || picture.type === "I";
}

/**
 * True when all pictures from this one on can be decoded without what came before. A recovery point that takes several
 * frames is no such start. An I picture alone is one only where it drives all older pictures out of the references
 * (8.2.5.3): else later pictures may refer to them.
 */
export function isCleanStart(unit: CodedAccessUnit): boolean {
  const { randomAccess, recoveryFrameCount, picture, format } = unit;
  if (randomAccess === "idr") return true;
  if (randomAccess === "recovery-point") return recoveryFrameCount === 0;
  if (!isBareIntra(unit) || picture.structure !== "frame") return false;
  return format.maxReferenceFrames === 0 || (format.maxReferenceFrames === 1 && picture.reference);
}

/** True for a clean start that completes no frame begun before it. */
export function isStart(unit: CodedAccessUnit): boolean {
  return isCleanStart(unit) && !unit.picture.secondField;
}

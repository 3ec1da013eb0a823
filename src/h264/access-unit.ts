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

/** What the slice headers say about the primary coded picture. */
export interface CodedPicture {
  /** A field counts as a picture. With MBAFF a picture is a frame. */
  readonly structure: "frame" | "top-field" | "bottom-field";
  /** True for the second field of a complementary pair (3.30, 3.31). The first precedes it. */
  readonly secondField: boolean;
  /** IdrPicFlag. */
  readonly idr: boolean;
  /** nal_ref_idc is not 0: later pictures may refer to it. */
  readonly reference: boolean;
  /**
   * frame_num, modulo `SequenceFormat.maxFrameNum`, without the gaps that are a habit of the
   * encoder (`FrameNumbering`).
   */
  readonly frameNum: number;
  /** PicOrderCnt, after memory_management_control_operation 5 if there is one (8.2.1). */
  readonly pictureOrderCount: number;
  /** memory_management_control_operation 5: order counts start again here, as at an IDR picture. */
  readonly startsOrder: boolean;
  /** The most general slice type in the picture: B, else P, else I. */
  readonly type: "I" | "P" | "B";
  /** Coded slices of the primary picture. */
  readonly sliceCount: number;
  /**
   * The name of a feature in use that FFmpeg lacks: slice groups, arbitrary slice order, SP and SI
   * slices, data partitioning.
   */
  readonly unsupported?: string;
}

/** What the next stages need of the active SPS. */
export interface SequenceFormat {
  /** Width after cropping, luma samples. */
  readonly width: number;
  /** Height of a frame after cropping, luma samples. */
  readonly height: number;
  /** Pictures per second, if the VUI states them. */
  readonly pictureRate?: number;
  /**
   * How many pictures may precede one in decoding order and follow it in output order, if the SPS
   * says so for certain.
   */
  readonly reorderDepth?: number;
  /** MaxDpbFrames of the level (A.3.1), the greatest reorder depth. */
  readonly maxDpbFrames: number;
  /** max_num_ref_frames. With 1, a reference picture leaves no older one to refer to. */
  readonly maxReferenceFrames: number;
  /** MaxFrameNum: frame_num counts modulo this. */
  readonly maxFrameNum: number;
  /** The most memory, in bytes, that decoded pictures of the stream take at one time. */
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

/** One primary coded picture and all that belongs to it (7.4.1.2.3), as the bitstream has it. */
export interface CodedAccessUnit {
  /** Number in decoding order, from 0. Continues across connections. */
  readonly sequence: number;
  /**
   * The NAL units in Annex B form, each after `00 00 00 01`. Nobody writes to these bytes while
   * they last (`Passing`).
   */
  readonly data: Uint8Array;
  /** Where each NAL unit lies in `data`, in order. */
  readonly nalUnits: readonly NalUnitRange[];
  /**
   * The parameter sets that a decoder needs to start here: the active SPS and its PPSs, 8 KiB at
   * most, in Annex B form. The same object until one of them changes.
   */
  readonly parameterSets: Uint8Array;
  /** The primary coded picture. */
  readonly picture: CodedPicture;
  /** From the SPS of the picture. The same object until the SPS changes. */
  readonly format: SequenceFormat;
  /** What makes it a random access point; undefined if it is none. See also `isStart`. */
  readonly randomAccess: RandomAccess | undefined;
  /** recovery_frame_cnt of a recovery point, else 0. */
  readonly recoveryFrameCount: number;
  /** Byte offset of its first NAL unit's header in the stream. */
  readonly position: number;
  /** Bytes of its slices are missing or foreign. False where the slices were not read. */
  readonly broken: boolean;
  /** Something before it was lost or dropped, so its picture may refer to what never came. */
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
  /** How it was known to be complete. `silence` and `transport` are guesses. */
  readonly endedBy: "next" | "end-of-input" | "transport" | "silence";
  /**
   * True if it replaces the access unit of the same `sequence`, whose end was guessed too early.
   */
  readonly corrects: boolean;
  /**
   * What the decoder skips because decoding is behind, only for pictures that no other refers to.
   * After a skipped `picture`, those that follow in output order need not wait for it.
   */
  readonly leaveOut?: "loop-filter" | "picture";
}

/** About how much memory an access unit takes beside its bytes, and each of its NAL units. */
const objectBytes = 1024;
const nalUnitObjectBytes = 64;

/** About how many bytes of memory an access unit takes, for the bounds of queues and caches. */
export function memoryOf({ data, parameterSets, nalUnits }: AccessUnit): number {
  return objectBytes + data.byteLength + parameterSets.byteLength + nalUnits.length * nalUnitObjectBytes;
}

/** An access unit and its place in a stream, for relaying and recording. */
export interface NumberedAccessUnit {
  /**
   * Number of the group (a random access point and what depends on it), from 0. Continues across
   * epochs.
   */
  readonly group: number;
  /**
   * Number within the group in decoding order, from 0. After a gap, continue with the next group:
   * something is lost.
   */
  readonly object: number;
  /** The access unit; one that `corrects` has the numbers of the one that it replaces. */
  readonly unit: AccessUnit;
}

/** True for an I picture that is no random access point: later ones may refer to earlier ones. */
export function isBareIntra({
  randomAccess,
  picture,
}: Pick<CodedAccessUnit, "randomAccess" | "picture">): boolean {
  return randomAccess === undefined && picture.type === "I";
}

/** True if a decoder can start here, although pictures may be wrong at first. */
export function isPossibleStart({
  randomAccess,
  picture,
}: Pick<CodedAccessUnit, "randomAccess" | "picture">): boolean {
  return randomAccess !== undefined || picture.type === "I";
}

/**
 * True if all pictures from this one on can be decoded without those before it.
 *
 * A recovery point that takes several frames is no clean start. A bare I picture is one only if it
 * drives all older pictures out of the references (8.2.5.3).
 */
export function isCleanStart(
  unit: Pick<CodedAccessUnit, "randomAccess" | "recoveryFrameCount" | "picture" | "format">,
): boolean {
  const { randomAccess, recoveryFrameCount, picture, format } = unit;
  if (randomAccess === "idr") return true;
  if (randomAccess === "recovery-point") return recoveryFrameCount === 0;
  if (!isBareIntra(unit) || picture.structure !== "frame") return false;
  return format.maxReferenceFrames === 0 || (format.maxReferenceFrames === 1 && picture.reference);
}

/** True for a clean start that is not the second field of a frame. */
export function isStart(
  unit: Pick<CodedAccessUnit, "randomAccess" | "recoveryFrameCount" | "picture" | "format">,
): boolean {
  return isCleanStart(unit) && !unit.picture.secondField;
}

import { type Microseconds, microseconds } from "../core/time.js";
import type { AccessUnit, CodedPicture, NalUnitRange, RandomAccess, SequenceFormat } from "./access-unit.js";
import type { ReceivedNalUnit } from "./annex-b-parser.js";
import { NalUnitType } from "./nal-unit.js";
import type { ParameterSets } from "./parameter-sets.js";
import type { TrackedPicture } from "./picture-tracker.js";
import {
  decodedBytes,
  maxDpbFrames,
  pictureRate,
  reorderDepth,
  type SequenceParameterSet,
} from "./sequence-parameter-set.js";
import type { SliceDataCheck } from "./slice-data-check.js";
import type { SliceHeader, SliceIdentity } from "./slice-header.js";

/** What the assembler adds to the NAL units to make an access unit of them. */
export type AccessUnitContext = Pick<
  AccessUnit,
  "epoch" | "sequence" | "parameterSets" | "completeAt" | "endedBy" | "corrects" | "broken" | "discontinuity"
>;

const startCode = Uint8Array.of(0, 0, 0, 1);
/** Small access units share buffers of this size: making and freeing one of its own costs as much as all that is read of it. */
const sharedBytes = 64 * 1024;
/** Larger ones have their own. */
const largestShared = sharedBytes / 8;

/** Collects the NAL units of one access unit in one buffer, and what their headers say of the picture. */
export class AccessUnitBuilder {
  /** Goes from builder to builder, so that it is as large as the stream needs and no access unit pins it. */
  #data: Uint8Array;
  /** Where access units are put one after the other; goes from builder to builder as well. */
  readonly #shared: { buffer: ArrayBuffer; used: number };
  readonly #room: number;
  #length = 0;
  #nalUnits: NalUnitRange[] = [];
  #position = 0;
  #first: ReceivedNalUnit | undefined;
  #last: ReceivedNalUnit | undefined;
  #end = 0;
  #sliceCount = 0;
  #hasP = false;
  #hasB = false;
  #allIntra = true;
  #firstMbZeroPlanes = 0;
  #unsupported: string | undefined;
  #highestFirstMb = -1;
  #firstSlice: SliceHeader | undefined;
  #picture: TrackedPicture | undefined;
  /** recovery_frame_cnt of the recovery point SEI message, if there is one. */
  recoveryFrameCount: number | undefined;

  /**
   * @param room bytes left free before `AccessUnit.data` in its buffer
   * @param previous a builder that is used no more: its buffer is taken over
   */
  constructor(room: number, previous?: AccessUnitBuilder) {
    this.#room = room;
    this.#data = previous ? previous.#data : new Uint8Array(64 * 1024);
    this.#shared = previous ? previous.#shared : { buffer: new ArrayBuffer(0), used: 0 };
  }

  get isEmpty(): boolean {
    return this.#nalUnits.length === 0;
  }

  get nalUnitCount(): number {
    return this.#nalUnits.length;
  }

  /** Bytes so far, start codes included. */
  get byteLength(): number {
    return this.#length;
  }

  /** When the last byte so far was received. */
  get lastByteAt(): Microseconds {
    return this.#last?.lastByteAt ?? microseconds(0);
  }

  /** Offset in the stream after the last byte of the last NAL unit. */
  get end(): number {
    return this.#end;
  }

  /** The first slice header of the primary coded picture. */
  get firstSlice(): SliceHeader | undefined {
    return this.#firstSlice;
  }

  /** The picture, once its first slice has come. */
  get picture(): TrackedPicture | undefined {
    return this.#picture;
  }

  /** True when a slice that begins with macroblock 0 of that colour plane is here already. */
  hasFirstMacroblock(colourPlaneId: number): boolean {
    return (this.#firstMbZeroPlanes & (1 << colourPlaneId)) !== 0;
  }

  /** True when exactly this slice is here already: a datagram came twice. */
  hasSlice({ data }: ReceivedNalUnit): boolean {
    return this.#nalUnits.some(({ offset, length }) => length === data.length && this.#equals(offset, data));
  }

  /** True when a slice here begins with the bytes of `prefix`. */
  hasSliceLike({ data }: ReceivedNalUnit): boolean {
    return this.#nalUnits.some(({ offset, length }) => length >= data.length && this.#equals(offset, data));
  }

  #equals(offset: number, bytes: Uint8Array): boolean {
    const data = this.#data;
    // The ends differ where the beginnings, mostly headers, do not.
    for (let at = bytes.length - 1; at >= 0; at--) if (data[offset + at] !== bytes[at]) return false;
    return true;
  }

  /** Appends a NAL unit; its bytes are copied. */
  add(nal: ReceivedNalUnit): void {
    if (this.#first === undefined) {
      this.#first = nal;
      this.#position = nal.position;
    }
    this.#reserve(startCode.length + nal.data.length);
    this.#data.set(startCode, this.#length);
    const offset = this.#length + startCode.length;
    this.#data.set(nal.data, offset);
    this.#length = offset + nal.data.length;
    this.#nalUnits.push({ type: nal.type, refIdc: nal.refIdc, offset, length: nal.data.length });
    this.#touch(nal);
  }

  /** Replaces the last NAL unit by its longer self. */
  replaceLast(nal: ReceivedNalUnit): void {
    const last = this.#nalUnits.pop()!;
    this.#length = last.offset;
    this.#reserve(nal.data.length);
    this.#data.set(nal.data, last.offset);
    this.#length += nal.data.length;
    this.#nalUnits.push({ ...last, length: nal.data.length });
    this.#touch(nal);
  }

  /** Notes the first slice of the primary coded picture. */
  startPicture(header: SliceHeader, picture: TrackedPicture): void {
    this.#firstSlice = header;
    this.#picture = picture;
    if (header.pps.sliceGroups) this.#unsupported = "flexible macroblock ordering (slice groups)";
  }

  /** Notes a slice of the primary coded picture. */
  noteSlice(slice: SliceIdentity): void {
    const { sliceType, firstMbInSlice, colourPlaneId, nalUnitType } = slice;
    this.#sliceCount++;
    if (firstMbInSlice === 0) this.#firstMbZeroPlanes |= 1 << colourPlaneId;
    if (sliceType === "B") this.#hasB = true;
    if (sliceType === "P" || sliceType === "SP") this.#hasP = true;
    if (sliceType !== "I" && sliceType !== "SI") this.#allIntra = false;
    if (sliceType === "SP" || sliceType === "SI") this.#unsupported ??= "SP and SI slices (Extended profile)";
    if (nalUnitType === NalUnitType.codedSliceDataPartitionA) this.#unsupported ??= "data partitioning";
    if (colourPlaneId === 0) {
      if (firstMbInSlice < this.#highestFirstMb) this.#unsupported ??= "arbitrary slice order";
      this.#highestFirstMb = Math.max(this.#highestFirstMb, firstMbInSlice);
    }
  }

  /** True when `sets` say that bytes of the slices are missing or foreign. */
  isBroken(check: SliceDataCheck, sets: ParameterSets): boolean {
    if (this.#unsupported !== undefined) return false;
    return check.findsDamage(this.#data, this.#nalUnits, sets);
  }

  /** The access unit so far, in memory of its own. */
  build(context: AccessUnitContext): AccessUnit {
    // Written out: a spread of so many properties costs more than all else here.
    return {
      epoch: context.epoch,
      sequence: context.sequence,
      data: this.#copy(),
      nalUnits: this.#nalUnits.slice(),
      parameterSets: context.parameterSets,
      picture: this.#codedPicture(),
      format: sequenceFormat(this.#firstSlice!.sps),
      randomAccess: this.#randomAccess(),
      recoveryFrameCount: this.recoveryFrameCount ?? 0,
      firstByteAt: this.#first!.firstByteAt,
      lastByteAt: this.#last!.lastByteAt,
      completeAt: context.completeAt,
      position: this.#position,
      endedBy: context.endedBy,
      corrects: context.corrects,
      broken: context.broken,
      discontinuity: context.discontinuity,
    };
  }

  #copy(): Uint8Array {
    const bytes = this.#data.subarray(0, this.#length);
    if (this.#room === 0) return bytes.slice();
    const data = this.#allocate(this.#length);
    data.set(bytes);
    return data;
  }

  /** Memory with room before it that nobody else writes to. */
  #allocate(length: number): Uint8Array {
    const room = this.#room;
    if (room + length > largestShared) return new Uint8Array(new ArrayBuffer(room + length), room);
    const shared = this.#shared;
    if (shared.used + room + length > shared.buffer.byteLength) {
      shared.buffer = new ArrayBuffer(sharedBytes);
      shared.used = 0;
    }
    const start = shared.used + room;
    shared.used = start + length;
    return new Uint8Array(shared.buffer, start, length);
  }

  #codedPicture(): CodedPicture {
    const tracked = this.#picture!;
    const picture: CodedPicture = {
      structure: tracked.structure,
      secondField: tracked.secondField,
      idr: tracked.idr,
      reference: tracked.reference,
      frameNum: tracked.frameNum,
      pictureOrderCount: tracked.pictureOrderCount,
      startsOrder: tracked.startsOrder,
      type: this.#hasB ? "B" : this.#hasP ? "P" : "I",
      sliceCount: this.#sliceCount,
    };
    return this.#unsupported === undefined ? picture : { ...picture, unsupported: this.#unsupported };
  }

  #randomAccess(): RandomAccess | undefined {
    if (this.#picture!.idr) return "idr";
    if (this.recoveryFrameCount !== undefined) return "recovery-point";
    return this.#allIntra ? "intra" : undefined;
  }

  #touch(nal: ReceivedNalUnit): void {
    this.#last = nal;
    this.#end = nal.position + nal.data.length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#data.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#data.length * 2));
    larger.set(this.#data.subarray(0, this.#length));
    this.#data = larger;
  }
}

const formats = new WeakMap<SequenceParameterSet, SequenceFormat>();

/** The same object for the same SPS, so that a change is seen by identity. */
function sequenceFormat(sps: SequenceParameterSet): SequenceFormat {
  let format = formats.get(sps);
  if (!format) {
    const rate = pictureRate(sps);
    const depth = reorderDepth(sps);
    format = {
      width: sps.width,
      height: sps.height,
      maxDpbFrames: maxDpbFrames(sps),
      maxReferenceFrames: sps.maxNumRefFrames,
      maxFrameNum: sps.maxFrameNum,
      decodedBytes: decodedBytes(sps),
      gapsInFrameNumAllowed: sps.gapsInFrameNumValueAllowedFlag,
      ...(rate === undefined ? {} : { pictureRate: rate }),
      ...(depth === undefined ? {} : { reorderDepth: depth }),
    };
    formats.set(sps, format);
  }
  return format;
}

import { type Microseconds, microseconds } from "../core/time.js";
import type { AccessUnit, CodedPicture, NalUnitRange, RandomAccess, SequenceFormat } from "./access-unit.js";
import { startCodeBytes } from "./annex-b.js";
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

/** Small access units share buffers of this size: making and freeing one of its own costs as much as all that is read of it. */
const sharedBytes = 64 * 1024;
/** Larger ones have their own. */
const largestShared = sharedBytes / 8;
const nothing = new Uint8Array(0);

/** Where the access units of a stream are gathered; goes from builder to builder. */
interface GatheringPlace {
  /** As large as the stream needs; no access unit given out pins it. */
  own: Uint8Array;
  /** Small access units that need room before them are gathered where they stay, one after the other. */
  shared: Uint8Array;
  /** Bytes of `shared` that are taken. */
  used: number;
}

/** Collects the NAL units of one access unit in one buffer, and what their headers say of the picture. */
export class AccessUnitBuilder {
  readonly #place: GatheringPlace;
  readonly #room: number;
  /** The bytes so far, from `#start` on: in `#place.shared` or in `#place.own`. */
  #data: Uint8Array;
  #start: number;
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
    const place = previous ? previous.#place : { own: nothing, shared: nothing, used: 0 };
    this.#place = place;
    this.#data = room > 0 ? place.shared : place.own;
    this.#start = room > 0 ? place.used + room : 0;
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
    const start = this.#start + offset;
    // The ends differ where the beginnings, mostly headers, do not.
    for (let at = bytes.length - 1; at >= 0; at--) if (data[start + at] !== bytes[at]) return false;
    return true;
  }

  /** Appends a NAL unit; its bytes are copied. */
  add(nal: ReceivedNalUnit): void {
    if (this.#first === undefined) {
      this.#first = nal;
      this.#position = nal.position;
    }
    this.#reserve(startCodeBytes + nal.data.length);
    const data = this.#data;
    const offset = this.#length + startCodeBytes;
    const at = this.#start + offset;
    data[at - 4] = 0;
    data[at - 3] = 0;
    data[at - 2] = 0;
    data[at - 1] = 1;
    data.set(nal.data, at);
    this.#length = offset + nal.data.length;
    this.#nalUnits.push({ type: nal.type, refIdc: nal.refIdc, offset, length: nal.data.length });
    this.#touch(nal);
  }

  /** Replaces the last NAL unit by its longer self. */
  replaceLast(nal: ReceivedNalUnit): void {
    const last = this.#nalUnits.pop()!;
    this.#length = last.offset;
    this.#reserve(nal.data.length);
    this.#data.set(nal.data, this.#start + last.offset);
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
    return check.findsDamage(this.#bytes, this.#nalUnits, sets);
  }

  /** The access unit so far, in memory that nobody writes to again. */
  build(context: AccessUnitContext): AccessUnit {
    // Written out: a spread of so many properties costs more than all else here.
    return {
      epoch: context.epoch,
      sequence: context.sequence,
      data: this.#take(),
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

  get #bytes(): Uint8Array {
    return this.#data.subarray(this.#start, this.#start + this.#length);
  }

  /** The bytes so far, with room before them: as they lie, or copied. */
  #take(): Uint8Array {
    const place = this.#place;
    const end = this.#start + this.#length;
    if (this.#room > 0 && this.#data === place.shared && end > place.used) {
      place.used = end;
      return new Uint8Array(place.shared.buffer, this.#start, this.#length);
    }
    const data = new Uint8Array(new ArrayBuffer(this.#room + this.#length), this.#room);
    data.set(this.#bytes);
    return data;
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

  /** Makes room for so many bytes after those that are here, none of which has been given out. */
  #reserve(count: number): void {
    const place = this.#place;
    const needed = this.#length + count;
    const isShared = this.#room > 0 && this.#data === place.shared;
    const isGivenOut = isShared && this.#start < place.used;
    if (!isGivenOut && this.#start + needed <= this.#data.length) return;
    const held = this.#bytes;
    if (isShared && !isGivenOut && this.#room + needed <= largestShared) {
      place.shared = new Uint8Array(sharedBytes);
      place.used = 0;
      this.#data = place.shared;
      this.#start = this.#room;
    } else {
      if (needed > place.own.length)
        place.own = new Uint8Array(Math.max(needed, place.own.length * 2, sharedBytes));
      this.#data = place.own;
      this.#start = 0;
    }
    this.#data.set(held, this.#start);
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

import { type Microseconds, microseconds } from "../../core/time.js";
import type { AccessUnit, NalUnitRange, RandomAccess, SequenceFormat } from "../access-unit.js";
import { startCodeBytes } from "../annex-b.js";
import type { SliceDataCheck } from "../slice-data/slice-data-check.js";
import type { ParameterSets } from "../syntax/parameter-sets.js";
import {
  decodedBytes,
  maxDpbFrames,
  pictureRate,
  reorderDepth,
  type SequenceParameterSet,
} from "../syntax/sequence-parameter-set.js";
import type { AccessUnitMemory } from "./access-unit-memory.js";
import type { ReceivedNalUnit } from "./annex-b-parser.js";
import type { CodedSlices } from "./coded-slices.js";

/** What the assembler adds to the NAL units to make an access unit of them. */
export type AccessUnitContext = Pick<
  AccessUnit,
  "epoch" | "sequence" | "parameterSets" | "completeAt" | "endedBy" | "corrects" | "broken" | "discontinuity"
>;

/** The buffer of a stream whose access units are copied out of it has so much at least. */
const smallestOwn = 64 * 1024;
const nothing = new Uint8Array(0);

/** Where the access units of a stream are gathered; goes from builder to builder. */
interface GatheringPlace {
  /** As large as the stream needs; no access unit given out pins it. */
  own: Uint8Array;
  /** Where access units are gathered to stay, if they do. */
  readonly memory: AccessUnitMemory | undefined;
  /** What access units say of the SPS in use: the same object as long as it is, so that a change is seen by identity. */
  format: { readonly of: SequenceParameterSet; readonly is: SequenceFormat } | undefined;
}

/** Collects the NAL units of one access unit in one buffer. */
export class AccessUnitBuilder {
  readonly #place: GatheringPlace;
  /** The bytes so far, from `#start` on: in `#place.memory` or in `#place.own`. */
  #data: Uint8Array;
  #start: number;
  #length = 0;
  #nalUnits: NalUnitRange[] = [];
  #position = 0;
  #first: ReceivedNalUnit | undefined;
  #last: ReceivedNalUnit | undefined;
  #end = 0;
  /** recovery_frame_cnt of the recovery point SEI message, if there is one. */
  recoveryFrameCount: number | undefined;

  /**
   * @param memory where access units are gathered to stay; without, each is copied into memory of its own
   * @param previous a builder that is used no more: its buffer is taken over
   */
  constructor(memory: AccessUnitMemory | undefined, previous?: AccessUnitBuilder) {
    const place = previous ? previous.#place : { own: nothing, memory, format: undefined };
    this.#place = place;
    this.#data = memory ? memory.bytes : place.own;
    this.#start = memory ? memory.used + memory.room : 0;
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

  /** True when the last NAL unit here is the one that begins at `position` in the stream. */
  endsWithNalUnitAt(position: number): boolean {
    return this.#last?.position === position;
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

  /** True when `sets` say that bytes of the slices are missing or foreign. */
  isBroken(check: SliceDataCheck, sets: ParameterSets): boolean {
    return check.findsDamage(this.#bytes, this.#nalUnits, sets);
  }

  /** The access unit so far, in memory that nobody writes to again. */
  build(slices: CodedSlices, context: AccessUnitContext): AccessUnit {
    // Written out: a spread of so many properties costs more than all else here.
    return {
      epoch: context.epoch,
      sequence: context.sequence,
      data: this.#take(),
      nalUnits: this.#nalUnits.slice(),
      parameterSets: context.parameterSets,
      picture: slices.codedPicture(),
      format: this.#format(slices.first.sps),
      randomAccess: this.#randomAccess(slices),
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
    const { memory } = this.#place;
    const end = this.#start + this.#length;
    if (memory && this.#data === memory.bytes && end > memory.used) return memory.take(this.#start, end);
    const room = memory?.room ?? 0;
    const data = new Uint8Array(new ArrayBuffer(room + this.#length), room);
    data.set(this.#bytes);
    return data;
  }

  #format(sps: SequenceParameterSet): SequenceFormat {
    const place = this.#place;
    if (place.format?.of !== sps) place.format = { of: sps, is: sequenceFormat(sps) };
    return place.format.is;
  }

  #randomAccess(slices: CodedSlices): RandomAccess | undefined {
    if (slices.isIdr) return "idr";
    return this.recoveryFrameCount === undefined ? undefined : "recovery-point";
  }

  #touch(nal: ReceivedNalUnit): void {
    this.#last = nal;
    this.#end = nal.position + nal.data.length;
  }

  /** Makes room for so many bytes after those that are here, none of which has been given out. */
  #reserve(count: number): void {
    const { memory } = this.#place;
    const needed = this.#length + count;
    const isInMemory = memory !== undefined && this.#data === memory.bytes;
    const isGivenOut = isInMemory && this.#start < memory.used;
    if (!isGivenOut && this.#start + needed <= this.#data.length) return;
    const held = this.#bytes;
    if (isInMemory && !isGivenOut) {
      // What comes in many pieces is moved seldom.
      memory.next(memory.room + Math.max(needed, held.length * 2), held);
      this.#data = memory.bytes;
      this.#start = memory.room;
    } else {
      const place = this.#place;
      if (needed > place.own.length)
        place.own = new Uint8Array(Math.max(needed, place.own.length * 2, smallestOwn));
      this.#data = place.own;
      this.#start = 0;
      this.#data.set(held);
    }
  }
}

function sequenceFormat(sps: SequenceParameterSet): SequenceFormat {
  const rate = pictureRate(sps);
  const depth = reorderDepth(sps);
  return {
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
}

import { type Microseconds, microseconds } from "../../core/time.js";
import type { AccessUnit, NalUnitRange, RandomAccess, SequenceFormat } from "../access-unit.js";
import { joinAnnexB, startCodeBytes } from "../annex-b.js";
import type { SliceDataCheck } from "../slice-data/slice-data-check.js";
import { NalUnitType } from "../syntax/nal-unit.js";
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

/** What the assembler knows about an access unit beyond its NAL units. */
export type AccessUnitContext = Pick<
  AccessUnit,
  "epoch" | "sequence" | "parameterSets" | "completeAt" | "endedBy" | "corrects" | "broken" | "discontinuity"
>;

/** The least size of a buffer out of which access units are copied. */
const smallestOwn = 64 * 1024;
const nothing: Uint8Array = new Uint8Array(0);

/** Where the access units of a stream are gathered. Each builder hands it to the next. */
interface GatheringPlace {
  /** As large as the stream needs. No access unit given out refers to it. */
  own: Uint8Array;
  /** Where access units are gathered in place, if they are. */
  readonly memory: AccessUnitMemory | undefined;
  /** The format of the SPS in use. It stays the same object until the SPS changes. */
  format: { readonly of: SequenceParameterSet; readonly is: SequenceFormat } | undefined;
}

/** Collects the NAL units of one access unit in one buffer. */
export class AccessUnitBuilder {
  readonly #place: GatheringPlace;
  /** Holds the bytes so far, from `#start` on: in `#place.memory` or in `#place.own`. */
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
   * @param memory where to gather access units in place; without it, each is copied into new memory
   * @param previous a builder that is no longer used: this one continues with its buffer
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

  /** True if the last NAL unit here is the one that begins at `position` in the stream. */
  endsWithNalUnitAt(position: number): boolean {
    return this.#last?.position === position;
  }

  /** True if exactly this slice has come already: a datagram came twice. */
  hasSlice({ data }: ReceivedNalUnit): boolean {
    return this.#nalUnits.some(({ offset, length }) => length === data.length && this.#equals(offset, data));
  }

  /** True if an earlier slice begins with these bytes. */
  hasSliceLike({ data }: ReceivedNalUnit): boolean {
    return this.#nalUnits.some(({ offset, length }) => length >= data.length && this.#equals(offset, data));
  }

  #equals(offset: number, bytes: Uint8Array): boolean {
    const data = this.#data;
    const start = this.#start + offset;
    // Backwards, because slices differ in their ends more often than in their headers.
    for (let at = bytes.length - 1; at >= 0; at--) if (data[start + at] !== bytes[at]) return false;
    return true;
  }

  /** Appends a copy of a NAL unit. */
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

  /** Puts NAL units before all others, except an access unit delimiter (7.4.1.2.3). */
  addFirst(nals: readonly Uint8Array[]): void {
    const hasDelimiter = this.#nalUnits[0]?.type === NalUnitType.accessUnitDelimiter;
    const others = this.#nalUnits.splice(hasDelimiter ? 1 : 0);
    const at = others[0] ? others[0].offset - startCodeBytes : this.#length;
    const added = joinAnnexB(nals);
    this.#reserve(added.length);
    const data = this.#data;
    const start = this.#start + at;
    data.copyWithin(start + added.length, start, this.#start + this.#length);
    data.set(added, start);
    let offset = at;
    for (const nal of nals) {
      offset += startCodeBytes;
      this.#nalUnits.push({ type: nal[0]! & 31, refIdc: nal[0]! >> 5, offset, length: nal.length });
      offset += nal.length;
    }
    for (const range of others) this.#nalUnits.push({ ...range, offset: range.offset + added.length });
    this.#length += added.length;
  }

  /** Replaces the last NAL unit, of which more has come. */
  replaceLast(nal: ReceivedNalUnit): void {
    const last = this.#nalUnits.pop()!;
    this.#length = last.offset;
    this.#reserve(nal.data.length);
    this.#data.set(nal.data, this.#start + last.offset);
    this.#length += nal.data.length;
    this.#nalUnits.push({ ...last, length: nal.data.length });
    this.#touch(nal);
  }

  /** True if `check` finds that bytes of the slices are missing or foreign. */
  isBroken(check: SliceDataCheck, sets: ParameterSets): boolean {
    return check.findsDamage(this.#bytes, this.#nalUnits, sets);
  }

  /**
   * Cuts bytes that follow the slices and are no part of them.
   *
   * @returns "damaged" if slices are missing or damaged, or cannot be read; else the bytes after
   *   the last slice, of which there may be none
   */
  cutTails(check: SliceDataCheck, sets: ParameterSets): Uint8Array | "damaged" {
    const nalUnits = this.#nalUnits;
    const lengths = check.lengthsWithoutTails(this.#bytes, nalUnits, sets);
    if (!lengths) return "damaged";
    if (lengths.every((length, index) => length === nalUnits[index]!.length)) return nothing;
    // Moves them if they were given out.
    this.#reserve(0);
    const data = this.#bytes;
    let tail = nothing;
    let end = 0;
    this.#nalUnits = nalUnits.map((range, index) => {
      const length = lengths[index]!;
      const offset = end + startCodeBytes;
      if (length < range.length) tail = data.slice(range.offset + length, range.offset + range.length);
      data.copyWithin(end, range.offset - startCodeBytes, range.offset + length);
      end = offset + length;
      return length === range.length && offset === range.offset ? range : { ...range, offset, length };
    });
    this.#length = end;
    this.#end -= nalUnits.at(-1)!.length - lengths.at(-1)!;
    return tail;
  }

  /** The access unit so far. The builder does not write to its memory again. */
  build(slices: CodedSlices, context: AccessUnitContext): AccessUnit {
    // Written out, because spreading this many properties costs more than the rest of the method.
    return {
      epoch: context.epoch,
      sequence: context.sequence,
      data: this.#finishData(),
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

  /** The bytes so far, with room before them: in place, or a copy. */
  #finishData(): Uint8Array {
    const { memory } = this.#place;
    const end = this.#start + this.#length;
    if (memory && this.#data === memory.bytes && end > memory.used) return memory.claim(this.#start, end);
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

  /**
   * Makes room for `count` bytes. The bytes so far move if they were given out: others hold them.
   */
  #reserve(count: number): void {
    const { memory } = this.#place;
    const needed = this.#length + count;
    const isInMemory = memory !== undefined && this.#data === memory.bytes;
    const isGivenOut = isInMemory && this.#start < memory.used;
    if (!isGivenOut && this.#start + needed <= this.#data.length) return;
    const held = this.#bytes;
    if (isInMemory && !isGivenOut) {
      // Twice the size, so that an access unit in many pieces moves rarely.
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

import { ProtocolError } from "../core/errors.js";
import type { Passing, PassingBytes } from "../core/passing.js";
import { microseconds } from "../core/time.js";
import {
  type AccessUnit,
  type CodedPicture,
  isBareIntra,
  isPossibleStart,
  type NalUnitRange,
  type NumberedAccessUnit,
  type RandomAccess,
  type SequenceFormat,
} from "../h264/access-unit.js";
import { startCodeBytes } from "../h264/annex-b.js";
import { wireVersion } from "./version.js";

/*
 * One access unit as one binary message, big-endian:
 *
 *   0  u8   version                        48  f64  completeAt, µs
 *   1  u8   kind, 1: access unit           56  f64  picture rate by the VUI, 0: not stated
 *   2  u16  flags, see `flag`              64  u16  width          66  u16  height
 *   4  u32  epoch                          68  u8   reorder depth, 255: not known
 *   8  u32  group                          69  u8   MaxDpbFrames
 *  12  u32  object                         70  u8   log2 of MaxFrameNum
 *  16  u32  sequence                       71  u8   max_num_ref_frames
 *  20  i32  PicOrderCnt                    72  u32  frame_num
 *  24  u32  recovery_frame_cnt             76  u32  coded slices
 *  28  u32  number of NAL units            80  u32  bytes of parameter sets
 *  32  f64  firstByteAt, µs                84  u32  bytes of the access unit
 *  40  f64  lastByteAt, µs                 88  f64  bytes of decoded pictures
 *                                         96  u32 for each NAL unit: its bytes, without start code
 *
 * Then the parameter sets and the access unit, both in Annex B form with `00 00 00 01` before each
 * NAL unit.
 */
const headerBytes = 96;
const accessUnitKind = 1;
/** Headers are written here first: making a view of each message takes longer than writing it. */
const header = new Uint8Array(headerBytes);
const view = new DataView(header.buffer);

/** Bits of the flags. A field of two bits holds an index into the list below of its name. */
const flag = {
  randomAccess: 0,
  structure: 2,
  type: 4,
  endedBy: 6,
  secondField: 8,
  reference: 9,
  startsOrder: 10,
  corrects: 11,
  discontinuity: 12,
  gapsInFrameNumAllowed: 13,
  broken: 14,
} as const;

const randomAccessKinds: readonly (RandomAccess | undefined)[] = [undefined, "idr", "recovery-point"];
/** Stands for no random access point, but all slices I. */
const bareIntra = 3;
const structures: readonly CodedPicture["structure"][] = ["frame", "top-field", "bottom-field"];
const types: readonly CodedPicture["type"][] = ["I", "P", "B"];
const ends: readonly AccessUnit["endedBy"][] = ["next", "end-of-input", "transport", "silence"];

/**
 * Writes an access unit as the message that every viewer gets. Nothing in it depends on the viewer,
 * so one message serves all. It includes the parameter sets where decoding can start and where a
 * group begins.
 *
 * Its times are µs on the monotonic clock of the process that received the access unit. A viewer
 * learns that clock by the `clock` control message. `position` and `picture.unsupported` are left
 * out.
 *
 * @param room bytes to leave free before the message in its buffer, for the header of its carrier
 * @param free bytes before `unit.data` in its buffer that nobody else uses
 *   (`AccessUnitMemory.room`). If they suffice, the message is written around the data without
 *   copying them, and lasts as long as they do.
 */
export function encodeAccessUnit(item: Passing<NumberedAccessUnit>): Uint8Array;
export function encodeAccessUnit(item: Passing<NumberedAccessUnit>, room: number, free: number): PassingBytes;
export function encodeAccessUnit(
  { group, object, unit }: Passing<NumberedAccessUnit>,
  room = 0,
  free = 0,
): Uint8Array {
  const { picture, format, nalUnits, data } = unit;
  const mayStart = isPossibleStart(unit) || object === 0;
  const parameterSets = mayStart ? unit.parameterSets : undefined;
  const parameterSetsBytes = parameterSets?.length ?? 0;
  const tableBytes = nalUnits.length * 4;
  const length = headerBytes + tableBytes + parameterSetsBytes + data.length;
  const start = data.byteOffset + data.length - length;
  const isRoom = room + length - data.length <= free;
  const message = isRoom
    ? new Uint8Array(data.buffer, start, length)
    : new Uint8Array(new ArrayBuffer(room + length), room);
  view.setUint8(0, wireVersion);
  view.setUint8(1, accessUnitKind);
  view.setUint16(2, flagsOf(unit));
  view.setUint32(4, unit.epoch);
  view.setUint32(8, group);
  view.setUint32(12, object);
  view.setUint32(16, unit.sequence);
  view.setInt32(20, picture.pictureOrderCount);
  view.setUint32(24, unit.recoveryFrameCount);
  view.setUint32(28, nalUnits.length);
  view.setFloat64(32, unit.firstByteAt);
  view.setFloat64(40, unit.lastByteAt);
  view.setFloat64(48, unit.completeAt);
  view.setFloat64(56, format.pictureRate ?? 0);
  view.setUint16(64, format.width);
  view.setUint16(66, format.height);
  view.setUint8(68, format.reorderDepth ?? 255);
  view.setUint8(69, format.maxDpbFrames);
  view.setUint8(70, Math.log2(format.maxFrameNum));
  view.setUint8(71, format.maxReferenceFrames);
  view.setFloat64(88, format.decodedBytes);
  view.setUint32(72, picture.frameNum);
  view.setUint32(76, picture.sliceCount);
  view.setUint32(80, parameterSetsBytes);
  view.setUint32(84, data.length);
  message.set(header);
  let at = headerBytes;
  for (const { length } of nalUnits) {
    message[at++] = length >>> 24;
    message[at++] = length >>> 16;
    message[at++] = length >>> 8;
    message[at++] = length;
  }
  if (parameterSets) message.set(parameterSets, at);
  if (!isRoom) message.set(data, at + parameterSetsBytes);
  return message;
}

/** An access unit from a message, and the bytes for a decoder. */
export interface ReceivedAccessUnit extends NumberedAccessUnit {
  /**
   * Annex B: the access unit, preceded by the parameter sets where decoding can start. A view of
   * the message.
   */
  readonly decoderInput: Uint8Array;
}

/**
 * Reads a message without copying: `data`, `parameterSets` and `decoderInput` are views of
 * `message`, which nobody may write to while they are in use. `parameterSets` are empty where
 * decoding cannot start.
 *
 * @throws ProtocolError for another version, another kind of message, or a malformed message
 */
export function decodeAccessUnit(message: Uint8Array): ReceivedAccessUnit {
  const version = message[0];
  if (version !== wireVersion) throw malformed(`version ${version ?? "nothing"}, expected ${wireVersion}`);
  if (message[1] !== accessUnitKind)
    throw malformed(`kind ${message[1] ?? "nothing"}, expected ${accessUnitKind}`);
  if (message.length < headerBytes)
    throw malformed(`${message.length} bytes, expected at least ${headerBytes}`);
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const nalUnitCount = view.getUint32(28);
  const parameterSetsBytes = view.getUint32(80);
  const dataBytes = view.getUint32(84);
  const parameterSetsAt = headerBytes + nalUnitCount * 4;
  const dataAt = parameterSetsAt + parameterSetsBytes;
  if (dataAt + dataBytes !== message.length)
    throw malformed(`${message.length} bytes, expected ${dataAt + dataBytes}`);
  const data = message.subarray(dataAt);
  const flags = view.getUint16(2);
  const isSet = (bit: number) => ((flags >> bit) & 1) === 1;
  const randomAccess = randomAccessKinds[(flags >> flag.randomAccess) & 3];
  const unit: AccessUnit = {
    epoch: view.getUint32(4),
    sequence: view.getUint32(16),
    data,
    nalUnits: readNalUnits(view, nalUnitCount, data),
    parameterSets: message.subarray(parameterSetsAt, dataAt),
    picture: {
      structure: choose(structures, flags >> flag.structure, "picture structure"),
      secondField: isSet(flag.secondField),
      idr: randomAccess === "idr",
      reference: isSet(flag.reference),
      frameNum: view.getUint32(72),
      pictureOrderCount: view.getInt32(20),
      startsOrder: isSet(flag.startsOrder),
      type: choose(types, flags >> flag.type, "picture type"),
      sliceCount: view.getUint32(76),
    },
    format: readFormat(view, isSet(flag.gapsInFrameNumAllowed)),
    randomAccess,
    recoveryFrameCount: view.getUint32(24),
    firstByteAt: microseconds(view.getFloat64(32)),
    lastByteAt: microseconds(view.getFloat64(40)),
    completeAt: microseconds(view.getFloat64(48)),
    position: 0,
    endedBy: choose(ends, flags >> flag.endedBy, "end"),
    corrects: isSet(flag.corrects),
    discontinuity: isSet(flag.discontinuity),
    broken: isSet(flag.broken),
  };
  return {
    group: view.getUint32(8),
    object: view.getUint32(12),
    unit,
    decoderInput: message.subarray(parameterSetsAt),
  };
}

function flagsOf(unit: Passing<AccessUnit>): number {
  const { picture, format } = unit;
  return (
    ((isBareIntra(unit) ? bareIntra : randomAccessKinds.indexOf(unit.randomAccess)) << flag.randomAccess) |
    (structures.indexOf(picture.structure) << flag.structure) |
    (types.indexOf(picture.type) << flag.type) |
    (ends.indexOf(unit.endedBy) << flag.endedBy) |
    (Number(picture.secondField) << flag.secondField) |
    (Number(picture.reference) << flag.reference) |
    (Number(picture.startsOrder) << flag.startsOrder) |
    (Number(unit.corrects) << flag.corrects) |
    (Number(unit.discontinuity) << flag.discontinuity) |
    (Number(format.gapsInFrameNumAllowed) << flag.gapsInFrameNumAllowed) |
    (Number(unit.broken) << flag.broken)
  );
}

function readNalUnits(view: DataView, count: number, data: Uint8Array): NalUnitRange[] {
  const ranges: NalUnitRange[] = [];
  let end = 0;
  for (let index = 0; index < count; index++) {
    const length = view.getUint32(headerBytes + index * 4);
    const offset = end + startCodeBytes;
    end = offset + length;
    const header = data[offset];
    if (length === 0 || end > data.length || header === undefined) {
      throw malformed(`NAL unit ${index} of ${length} bytes at ${offset} of ${data.length}`);
    }
    ranges.push({ type: header & 0x1f, refIdc: (header >> 5) & 3, offset, length });
  }
  if (end !== data.length) throw malformed(`NAL units of ${end} bytes, expected ${data.length}`);
  return ranges;
}

function readFormat(view: DataView, gapsInFrameNumAllowed: boolean): SequenceFormat {
  const pictureRate = view.getFloat64(56);
  const reorderDepth = view.getUint8(68);
  return {
    width: view.getUint16(64),
    height: view.getUint16(66),
    maxDpbFrames: view.getUint8(69),
    maxFrameNum: 2 ** view.getUint8(70),
    maxReferenceFrames: view.getUint8(71),
    decodedBytes: view.getFloat64(88),
    gapsInFrameNumAllowed,
    ...(pictureRate > 0 ? { pictureRate } : {}),
    ...(reorderDepth === 255 ? {} : { reorderDepth }),
  };
}

function choose<T>(values: readonly T[], bits: number, what: string): T {
  const value = values[bits & 3];
  if (value === undefined) throw malformed(`${what} ${bits & 3}, expected at most ${values.length - 1}`);
  return value;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(`An access unit message had ${what}`);
}

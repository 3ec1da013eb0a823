import { BitstreamError } from "../../core/errors.js";
import { type NalUnit, NalUnitType } from "./nal-unit.js";
import { readPictureParameterSet } from "./picture-parameter-set.js";
import { RbspReader } from "./rbsp-reader.js";
import { readSequenceParameterSet, type SequenceParameterSet } from "./sequence-parameter-set.js";

/** A longer PPS is not searched for its end: the search reads it once per byte. */
const maxSearched = 256;

/**
 * The length of a parameter set, SEI or access unit delimiter without the bytes that a sender put
 * after it, which are no H.264. The full length where its end is not found.
 *
 * @param nal the NAL unit with its header byte and emulation prevention bytes
 * @param spsById the SPS that a PPS refers to, if it has come
 */
export function lengthWithoutTail(
  nal: Uint8Array,
  spsById: (id: number) => SequenceParameterSet | undefined,
): number {
  switch (nal[0]! & 31) {
    case NalUnitType.sequenceParameterSet:
      return spsEnd(nal) ?? nal.length;
    case NalUnitType.pictureParameterSet:
      return ppsLength(nal, spsById);
    case NalUnitType.supplementalEnhancementInformation:
      return seiLength(nal);
    case NalUnitType.accessUnitDelimiter:
      return Math.min(nal.length, 2);
    default:
      return nal.length;
  }
}

/** The NAL unit without what {@link lengthWithoutTail} leaves out. */
export function withoutTail<Nal extends NalUnit>(
  nal: Nal,
  spsById: (id: number) => SequenceParameterSet | undefined,
): Nal {
  const length = lengthWithoutTail(nal.data, spsById);
  return length === nal.data.length ? nal : { ...nal, data: nal.data.subarray(0, length) };
}

/**
 * False for bytes that end in the middle of a parameter set or SEI.
 *
 * @param nal with its header byte, without trailing zero bytes
 */
export function mayEndAsNalUnit(nal: Uint8Array): boolean {
  switch (nal[0]! & 31) {
    case NalUnitType.sequenceParameterSet:
      return spsEnd(nal) === nal.length;
    case NalUnitType.pictureParameterSet:
      return ppsEnd(nal) === nal.length;
    case NalUnitType.supplementalEnhancementInformation:
      return nal.at(-1) === 0x80 && seiLength(nal) === nal.length;
    default:
      return nal.length > 1;
  }
}

function ppsEnd(nal: Uint8Array): number | undefined {
  return endOf(nal, (reader) => {
    readPictureParameterSet(reader, () => undefined);
    return true;
  });
}

function spsEnd(nal: Uint8Array): number | undefined {
  return endOf(nal, (reader) => readSequenceParameterSet(reader).warnings.length === 0);
}

/**
 * In a PPS, more data means that the transform mode follows (7.3.2.2), so a tail reads like one.
 * Only a length with which the PPS ends in its last byte is right. In the High profiles there may
 * be two: the greater one, since a tail rarely reads like a transform mode up to a stop bit.
 */
function ppsLength(nal: Uint8Array, spsById: (id: number) => SequenceParameterSet | undefined): number {
  let isHigh = false;
  const endsAt = (length: number) =>
    length ===
    endOf(nal.subarray(0, length), (reader) => {
      const { seqParameterSetId } = readPictureParameterSet(reader, spsById);
      isHigh = (spsById(seqParameterSetId)?.profileIdc ?? 0) >= 100;
      return true;
    });
  if (nal.length > maxSearched || endsAt(nal.length)) return nal.length;
  let found = nal.length;
  for (let length = 2; length < nal.length; length++) {
    if (!endsAt(length)) continue;
    found = length;
    if (!isHigh) break;
  }
  return found;
}

/** Where the trailing bits of an RBSP end, if `read` accepts what precedes them. */
function endOf(nal: Uint8Array, read: (reader: RbspReader) => boolean): number | undefined {
  const reader = new RbspReader(nal);
  try {
    return read(reader) ? reader.trailingBitsEnd() : undefined;
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    return undefined;
  }
}

/** Where a byte 0x80 stands in place of a message: no message of H.264 has that type. */
function seiLength(nal: Uint8Array): number {
  let at = 1;
  let zeros = 0;
  const next = (): number => {
    if (zeros >= 2 && nal[at] === 3) {
      at++;
      zeros = 0;
    }
    const byte = nal[at++] ?? 0;
    zeros = byte === 0 ? zeros + 1 : 0;
    return byte;
  };
  const sum = (first: number): number => {
    let total = first;
    for (let byte = first; byte === 0xff && at < nal.length; total += byte) byte = next();
    return total;
  };
  while (at < nal.length) {
    const type = next();
    if (type === 0x80 && at > 2) return at;
    sum(type);
    for (let left = sum(next()); left > 0 && at < nal.length; left--) next();
  }
  return nal.length;
}

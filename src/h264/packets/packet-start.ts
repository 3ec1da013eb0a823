import { NalUnitType } from "../syntax/nal-unit.js";

/** A start code of four bytes, the header of its NAL unit and two more bytes decide. */
export const startBytes = 7;

/** Length of the start code at `at` if a NAL unit follows it that may begin a packet; else 0. */
export function startCodeAt(data: Uint8Array, at: number): 0 | 3 | 4 {
  if (data[at] !== 0 || data[at + 1] !== 0) return 0;
  if (data[at + 2] === 1) return mayBegin(data, at + 3) ? 3 : 0;
  return data[at + 2] === 0 && data[at + 3] === 1 && mayBegin(data, at + 4) ? 4 : 0;
}

/** Offset of the first such start code at `from` or later; -1 without one. */
export function findStartCode(data: Uint8Array, from: number): number {
  for (let at = from; at + 3 < data.length; at++) if (startCodeAt(data, at) > 0) return at;
  return -1;
}

/**
 * True for a NAL unit with which senders begin a packet: types 1 and 5 to 9. None begins with two
 * zero bytes after its header; numbers in the headers of packets do.
 */
function mayBegin(data: Uint8Array, at: number): boolean {
  const header = data[at];
  if (header === undefined || header & 0x80 || at + 2 >= data.length) return false;
  const type = header & 31;
  const isOne =
    type === NalUnitType.codedSliceNonIdr ||
    (type >= NalUnitType.codedSliceIdr && type <= NalUnitType.accessUnitDelimiter);
  return isOne && !(data[at + 1] === 0 && data[at + 2] === 0);
}

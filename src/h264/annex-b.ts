import type { PassingBytes } from "../core/passing.js";

const startCode = Uint8Array.of(0, 0, 0, 1);
/** Length of the start code that `joinAnnexB` writes before each NAL unit. */
export const startCodeBytes = startCode.length;

/**
 * Joins NAL units into a byte stream (B.1) in new memory, each after `00 00 00 01`.
 *
 * @param room bytes to leave free before it in its buffer
 */
export function joinAnnexB(nalUnits: readonly PassingBytes[], room = 0): Uint8Array<ArrayBuffer> {
  const length = nalUnits.reduce((sum, nal) => sum + startCodeBytes + nal.length, 0);
  const bytes = new Uint8Array(new ArrayBuffer(room + length), room);
  let at = 0;
  for (const nal of nalUnits) {
    bytes.set(startCode, at);
    bytes.set(nal, at + startCodeBytes);
    at += startCodeBytes + nal.length;
  }
  return bytes;
}

/**
 * Takes apart what `AccessUnit.data` and `AccessUnit.parameterSets` hold.
 *
 * @param bytes NAL units, each after `00 00 00 01`; other byte streams are for `accessUnits`
 * @returns the NAL units as views of `bytes`
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const nalUnits: Uint8Array[] = [];
  let start = startCodeBytes;
  for (let at = start; ; ) {
    at = nextStartCode(bytes, at);
    if (at > start) nalUnits.push(bytes.subarray(start, at));
    if (at === bytes.length) break;
    start = at + startCodeBytes;
    at = start;
  }
  return nalUnits;
}

/** Where the next start code begins, or the end. */
function nextStartCode(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(1, from + 3); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (bytes[at - 1] === 0 && bytes[at - 2] === 0 && bytes[at - 3] === 0) return at - 3;
  }
  return bytes.length;
}

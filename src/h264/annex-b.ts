const startCode = Uint8Array.of(0, 0, 0, 1);
/** Bytes of the start code that is written before each NAL unit. */
export const startCodeBytes = startCode.length;

/**
 * NAL units as a byte stream (B.1), each after `00 00 00 01`, in a buffer of its own.
 *
 * @param room bytes left free before it in the buffer
 */
export function joinAnnexB(nalUnits: readonly Uint8Array[], room = 0): Uint8Array {
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
 * The NAL units of what `joinAnnexB` made, such as `AccessUnit.parameterSets`, as views of it. Other byte streams may have shorter start
 * codes: they are for `AnnexBParser`.
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const nalUnits: Uint8Array[] = [];
  let start = startCodeBytes;
  for (let at = start; at <= bytes.length; at++) {
    const atEnd = at === bytes.length;
    if (!atEnd && startCode.some((byte, index) => bytes[at + index] !== byte)) continue;
    if (at > start) nalUnits.push(bytes.subarray(start, at));
    start = at + startCodeBytes;
    at = start;
  }
  return nalUnits;
}

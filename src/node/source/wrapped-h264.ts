const convert = "convert it first, as in `exec:ffmpeg -i FILE -c:v libx264 -tune zerolatency -f h264 -`";
const annexB = "have the sender write the bytes 00 00 00 01 in place of each length (Annex B)";

const hevc = `H.265 (HEVC); set the sender to H.264, or ${convert}`;
const lengthPrefixed = `H.264 with lengths instead of start codes (AVCC, as in MP4); ${annexB}`;
const halfLengthPrefixed =
  "H.264 in which only the parameter sets have start codes, and the pictures have lengths (AVCC, as " +
  `VideoToolbox gives them out); ${annexB}`;
const textMode =
  "H.264 that went through a text mode, which put a 0D before each 0A; carry it as binary " +
  "(`adb exec-out` instead of `adb shell`, a raw terminal)";

/**
 * Names what is nearly H.264 in Annex B, certainly: no stream of it begins like this.
 *
 * @param head the first bytes of a stream: enough for several NAL units
 */
export function recognizeWrapped(head: Uint8Array): string | undefined {
  if (isHevc(head)) return hevc;
  if (lengthsFrom(head, 0) >= 2 && [6, 7, 9].includes(head[4]! & 31)) return lengthPrefixed;
  if (lengthsAfterSets(head) >= 2) return halfLengthPrefixed;
  return wentThroughTextMode(head) ? textMode : undefined;
}

/** The same, if no picture was found in the stream. */
export function describeWrapped(head: Uint8Array): string | undefined {
  const certain = recognizeWrapped(head);
  if (certain) return certain;
  const starts = startsIn(head);
  // A length of 256 to 511 looks like a short start code, so one alone says nothing.
  if (starts[0] !== 3 && lengthsFrom(head, 0) >= 1) return lengthPrefixed;
  if (lengthsAfterSets(head) >= 1) return halfLengthPrefixed;
  return starts.length >= 3 && starts.every((at) => isHevcHeader(head, at)) ? hevc : undefined;
}

/** Offsets of the bytes after start codes. */
function startsIn(head: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 2; at + 2 < head.length; at++)
    if (head[at] === 1 && head[at - 1] === 0 && head[at - 2] === 0) found.push(at + 1);
  return found;
}

/** The NAL unit header of HEVC has two bytes: here of layer 0 and temporal layer 0. */
function isHevcHeader(head: Uint8Array, at: number): boolean {
  const type = (head[at]! >> 1) & 63;
  return (head[at]! & 0x81) === 0 && head[at + 1] === 1 && (type <= 9 || (type >= 16 && type <= 40));
}

/** A video parameter set, then a sequence parameter set of HEVC: types 32 and 33. */
function isHevc(head: Uint8Array): boolean {
  const starts = startsIn(head).filter((at) => isHevcHeader(head, at));
  const vps = starts.findIndex((at) => head[at] === 32 << 1);
  return vps >= 0 && starts.slice(vps).some((at) => head[at] === 33 << 1);
}

/** How many NAL units follow each other from `from` on, each after a length of 4 bytes. */
function lengthsFrom(head: Uint8Array, from: number): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let units = 0;
  for (let at = from; at + 5 <= head.length; units++) {
    const length = view.getUint32(at);
    const header = head[at + 4]!;
    const type = header & 31;
    // A length of 1 is a start code; no sender sends a picture of 16 MiB.
    if (length < 2 || length > 1 << 24 || header & 0x80 || type === 0 || type > 12) return 0;
    at += 4 + length;
  }
  return units;
}

/** The most bytes that parameter sets take, of which the last has no start code after it. */
const longestSets = 96;
/** A NAL unit longer than this is no parameter set. */
const shortestPicture = 512;

/** How many NAL units with lengths follow parameter sets that have start codes. */
function lengthsAfterSets(head: Uint8Array): number {
  const last = startsIn(head).at(-1);
  if (last === undefined || head.length - last < shortestPicture) return 0;
  const type = head[last]! & 31;
  if (type !== 7 && type !== 8) return 0;
  for (let at = last + 3; at < last + longestSets; at++) {
    const first = head[at + 4]! & 31;
    const units = first === 1 || first === 5 || first === 6 ? lengthsFrom(head, at) : 0;
    if (units > 0) return units;
  }
  return 0;
}

/** Every 0A follows a 0D. Text does that, too, so only lines that end or begin in binary count. */
function wentThroughTextMode(head: Uint8Array): boolean {
  if (startsIn(head).length === 0) return false;
  const isText = (byte: number | undefined) => byte !== undefined && byte >= 0x20 && byte < 0x7f;
  let lines = 0;
  for (let at = head.indexOf(10); at >= 0; at = head.indexOf(10, at + 1)) {
    if (head[at - 1] !== 13) return false;
    if (!isText(head[at - 2]) || !isText(head[at + 1])) lines++;
  }
  return lines >= 4;
}

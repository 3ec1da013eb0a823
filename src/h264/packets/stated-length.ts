/** The longest packet: as long as a NAL unit may be. */
const maxPacketBytes = 16 * 1024 * 1024;
/** The shortest packet holds a start code, a NAL unit header and a byte. */
const minPacketBytes = 5;
/** The longest header. */
export const maxHeader = 1024;
/** The longest header with a length in 4 bytes. PaVE has 76 bytes, the longest known. */
const maxBinaryHeader = 256;

/** How the header before a packet states the length of the packet. */
export type StatedLength =
  /** In 4 bytes at a fixed place. */
  | {
      readonly kind: "binary";
      /** Bytes from the field to the packet's first start code. */
      readonly before: number;
      readonly littleEndian: boolean;
      /** Where the length counts from, relative to that start code. */
      readonly from: number;
    }
  /** In a line `Content-Length: 1234` (HTTP, multipart). */
  | { readonly kind: "text" };

/** A guess about how the first header of a stream states the length of the first packet. */
export interface Candidate {
  readonly stated: StatedLength;
  /** Offset in the stream after the packet. */
  readonly end: number;
  /** The fewest bytes that the next header has. */
  readonly leastHeader: number;
  readonly mostHeader: number;
  /** True if the next header looks like the first one. */
  isLikeFirst(header: Uint8Array): boolean;
}

/** True if the length is that of the bytes after the header. */
export function countsFromStartCode(stated: StatedLength): boolean {
  return stated.kind === "text" || stated.from === 0;
}

/**
 * The length that a header states.
 *
 * @param bytes ends where the packet's start code begins
 * @returns bytes from there to the end of the packet; undefined if the header states none
 */
export function readLength(stated: StatedLength, bytes: Uint8Array): number | undefined {
  if (stated.kind === "text") return contentLength(bytes);
  const at = bytes.length - stated.before;
  if (at < 0) return undefined;
  const value = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, stated.littleEndian);
  return plausible(value + stated.from);
}

/**
 * All ways in which the bytes before a start code may state the length of what follows, by `end`.
 *
 * @param head all bytes of the stream before that start code
 * @param startCode length of the start code, 3 or 4
 */
export function candidates(head: Uint8Array, startCode: number): Candidate[] {
  const found: Candidate[] = [];
  const add = (stated: StatedLength, leastHeader: number, mostHeader: number) => {
    const length = readLength(stated, head);
    if (length === undefined) return;
    const isLikeFirst = (header: Uint8Array) => areAlike(stated, head.subarray(-header.length), header);
    found.push({ stated, end: head.length + length, leastHeader, mostHeader, isLikeFirst });
  };
  add({ kind: "text" }, 1, maxHeader);
  for (let before = 4; before <= Math.min(head.length, maxBinaryHeader); before++) {
    for (const littleEndian of [false, true]) {
      for (const from of new Set([0, startCode, -before, 4 - before, -head.length]))
        add({ kind: "binary", before, littleEndian, from }, head.length, head.length);
      // What came before the first header does not come again. Where that header begins is unknown
      // then, so its length is believed only if it counts from the start code.
      add({ kind: "binary", before, littleEndian, from: 0 }, before, head.length);
    }
  }
  return found.sort((a, b) => a.end - b.end);
}

/** True if most of what is not the length is the same in two headers, or if that is all of them. */
function areAlike(stated: StatedLength, one: Uint8Array, other: Uint8Array): boolean {
  if (stated.kind === "text") return readLength(stated, other) !== undefined;
  const field = other.length - stated.before;
  let same = 0;
  for (let at = 0; at < other.length; at++)
    if ((at < field || at >= field + 4) && one[at] === other[at]) same++;
  return same * 2 >= other.length - 4;
}

function contentLength(bytes: Uint8Array): number | undefined {
  const text = String.fromCharCode(...bytes.subarray(-maxHeader));
  const stated = /content-length:[ \t]*(\d{1,8})[ \t]*\r?\n(?![\s\S]*content-length:)/i.exec(text);
  return stated ? plausible(Number(stated[1])) : undefined;
}

function plausible(length: number): number | undefined {
  return length >= minPacketBytes && length <= maxPacketBytes ? length : undefined;
}

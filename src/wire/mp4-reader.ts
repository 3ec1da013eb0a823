import { bigEndian } from "./mp4-box.js";

/** A box (ISO/IEC 14496-12, 4.2): its type, and all its bytes with the header. */
interface Mp4Box {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Bytes of a box header with a size of 32 bits. */
export const boxHeaderBytes = 8;

/** Size and type of the box that begins with these bytes; undefined if they are too few. */
export function boxHeader(bytes: Uint8Array): { readonly size: number; readonly type: string } | undefined {
  if (bytes.length < boxHeaderBytes) return undefined;
  return { size: bigEndian(bytes, 0, 4), type: String.fromCharCode(...bytes.subarray(4, 8)) };
}

/** The boxes that follow one another. Ends at the first that is not whole. */
function boxesIn(bytes: Uint8Array): Mp4Box[] {
  const found: Mp4Box[] = [];
  for (let at = 0; ; ) {
    const header = boxHeader(bytes.subarray(at));
    if (!header || header.size < boxHeaderBytes || at + header.size > bytes.length) return found;
    found.push({ type: header.type, bytes: bytes.subarray(at, at + header.size) });
    at += header.size;
  }
}

/** The first box with this path of types, without its header; undefined if there is none. */
export function contentOf(box: Uint8Array, ...path: readonly string[]): Uint8Array | undefined {
  let content: Uint8Array = box.subarray(boxHeaderBytes);
  for (const type of path) {
    const found: Mp4Box | undefined = boxesIn(content).find((inner) => inner.type === type);
    if (!found) return undefined;
    content = found.bytes.subarray(boxHeaderBytes);
  }
  return content;
}

/** What a fragment of `FragmentedMp4` says of its sample. Times are ticks of 90 kHz. */
export interface FragmentSample {
  readonly size: number;
  readonly decodeAt: number;
  readonly duration: number;
  /** Presentation time minus `decodeAt`. */
  readonly offset: number;
  readonly isSync: boolean;
}

/** sample_is_non_sync_sample (8.8.3.1). */
const isNonSync = 0x1_0000;

/** The sample of a `moof` that `FragmentedMp4` wrote; undefined for any other. */
export function sampleOf(moof: Uint8Array): FragmentSample | undefined {
  const tfdt = contentOf(moof, "traf", "tfdt");
  const trun = contentOf(moof, "traf", "trun");
  if (tfdt?.length !== 12 || trun?.length !== 28) return undefined;
  return {
    decodeAt: bigEndian(tfdt, 4, 8),
    duration: bigEndian(trun, 12, 4),
    size: bigEndian(trun, 16, 4),
    isSync: (bigEndian(trun, 20, 4) & isNonSync) === 0,
    offset: bigEndian(trun, 24, 4) | 0,
  };
}

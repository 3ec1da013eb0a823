import { type FileHandle, open } from "node:fs/promises";
import { joinBytes } from "../../../core/bytes.js";
import { indexedMovie, SampleIndex } from "../../../wire/indexed-mp4.js";
import { ascii, u32, u64 } from "../../../wire/mp4-box.js";
import { boxHeader, boxHeaderBytes, sampleOf } from "../../../wire/mp4-reader.js";
import { writeAll } from "./write-all.js";

/** Bytes read at a time: a few pictures. */
const windowBytes = 32 * 1024;
/** No `moov` or `moof` that we write is larger. */
const largestHeaderBox = 1024 * 1024;

/**
 * Turns a recording of fragments into a plain MP4 file with an index, so that players know its
 * length and seek at once. The pictures stay where they are: an index is added at the end, and one
 * `mdat` box then spans what was the fragments' part. A crash at any moment leaves either the
 * fragments or the plain file.
 *
 * What follows the last whole picture is cut off. Does nothing for a file that has an index
 * already, that has no whole picture, or that is no recording of ours.
 *
 * @returns false if it did nothing
 * @throws the error of the system. The file then still plays, as fragments.
 */
export async function completeRecording(path: string): Promise<boolean> {
  const file = await open(path, "r+");
  try {
    return await complete(file);
  } finally {
    await file.close();
  }
}

async function complete(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  const reader = new FileWindow(file, size);
  const ftyp = await reader.box(0);
  const moov = ftyp?.type === "ftyp" ? await reader.box(ftyp.bytes.length) : undefined;
  if (!ftyp || moov?.type !== "moov") return false;
  const moovAt = ftyp.bytes.length;
  const header = moov.bytes.slice();
  const index = new SampleIndex();
  let end = moovAt + header.length;
  for (;;) {
    const moof = await reader.box(end);
    const sample = moof?.type === "moof" ? sampleOf(moof.bytes) : undefined;
    if (!moof || !sample) break;
    const at = end + moof.bytes.length + boxHeaderBytes;
    if (at + sample.size > size) break;
    index.add(sample, at);
    end = at + sample.size;
  }
  if (index.length === 0) return false;
  // An index that an earlier attempt left incomplete lies behind the last picture.
  await file.truncate(end);
  try {
    await append(file, end, indexedMovie(header, index));
    await file.sync();
  } catch (error) {
    await file.truncate(end).catch(() => undefined);
    throw error;
  }
  // A size of 1 says that 64 bits with the size follow (4.2). They take the place of 16 bytes of
  // the first `moov`, which no reader needs from here on.
  const mdat = joinBytes([u32(1), ascii("mdat"), u64(end - moovAt)]);
  await writeAll(file, mdat, moovAt);
  await file.sync();
  return true;
}

async function append(file: FileHandle, position: number, pieces: Iterable<Uint8Array>): Promise<void> {
  let at = position;
  for (const piece of pieces) {
    await writeAll(file, piece, at);
    at += piece.length;
  }
}

/** Reads boxes of a file through one buffer. */
class FileWindow {
  readonly #file: FileHandle;
  readonly #size: number;
  #buffer = new Uint8Array(windowBytes);
  #from = 0;
  #bytes = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /**
   * The box at a position, which lasts until the next call. Undefined if no whole box is there, or
   * a larger one than any but `mdat` is.
   */
  async box(position: number): Promise<{ readonly type: string; readonly bytes: Uint8Array } | undefined> {
    const header = boxHeader(await this.#read(position, boxHeaderBytes));
    if (!header || header.size < boxHeaderBytes || header.size > largestHeaderBox) return undefined;
    const bytes = await this.#read(position, header.size);
    return bytes.length < header.size ? undefined : { type: header.type, bytes };
  }

  async #read(position: number, length: number): Promise<Uint8Array> {
    const isHere = position >= this.#from && position + length <= this.#from + this.#bytes;
    if (!isHere) {
      if (length > this.#buffer.length) this.#buffer = new Uint8Array(length);
      this.#from = position;
      this.#bytes = 0;
      const wanted = Math.min(this.#buffer.length, Math.max(0, this.#size - position));
      while (this.#bytes < wanted) {
        const left = wanted - this.#bytes;
        const { bytesRead } = await this.#file.read(this.#buffer, this.#bytes, left, position + this.#bytes);
        if (bytesRead === 0) break;
        this.#bytes += bytesRead;
      }
    }
    const at = position - this.#from;
    return this.#buffer.subarray(at, Math.min(at + length, this.#bytes));
  }
}

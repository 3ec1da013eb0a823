import type { FileHandle } from "node:fs/promises";

/**
 * Writes all bytes at a position of a file.
 * @throws the error of the system, and an error if the disk takes no bytes
 */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const left = bytes.length - written;
    const { bytesWritten } = await file.write(bytes, written, left, position + written);
    if (bytesWritten === 0) throw new Error("the disk takes no bytes");
    written += bytesWritten;
  }
}

import { type FileHandle, lstat, open } from "node:fs/promises";
import { writeAll } from "./write-all.js";

/**
 * A file that grows by whole pieces, written one after the other in the background. If a write
 * fails, the file is cut back to its last whole piece.
 */
export class GrowingFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #onFailure: (error: NodeJS.ErrnoException) => void;
  readonly #onRoom: () => void;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #failed = false;

  private constructor(
    path: string,
    file: FileHandle,
    onRoom: () => void,
    onFailure: (error: NodeJS.ErrnoException) => void,
  ) {
    this.path = path;
    this.#file = file;
    this.#onRoom = onRoom;
    this.#onFailure = onFailure;
  }

  /**
   * Creates a file. Its owner must call `close`.
   * @param onRoom called whenever all pieces are written
   * @param onFailure called once, when a write fails; the file drops all pieces that still wait and
   *   all later ones
   * @throws the error of the system; `EEXIST` if the file exists
   */
  static async create(
    path: string,
    onRoom: () => void,
    onFailure: (error: NodeJS.ErrnoException) => void,
  ): Promise<GrowingFile> {
    return new GrowingFile(path, await open(path, "wx"), onRoom, onFailure);
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Bytes written or waiting to be. */
  get bytes(): number {
    return this.#bytes + this.#queuedBytes;
  }

  /** Queues a piece; it must not change until it is written. */
  push(piece: Uint8Array): void {
    if (this.#failed) return;
    this.#queue.push(piece);
    this.#queuedBytes += piece.length;
    this.#writing ??= this.#write();
  }

  /**
   * Writes what waits, syncs it to the disk and closes the file.
   * @throws the error of the system when bytes may be lost: NFS and quotas report that here only
   */
  async close(): Promise<void> {
    await this.#writing;
    try {
      if (!this.#failed) await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  /** True if the file has been removed or replaced, so that nobody would find what is written. */
  async isGone(): Promise<boolean> {
    const [here, found] = await Promise.all([this.#file.stat(), lstat(this.path).catch(() => undefined)]);
    return found?.ino !== here.ino || found.dev !== here.dev;
  }

  async #write(): Promise<void> {
    try {
      for (let pieces = this.#queue.splice(0); pieces.length > 0; pieces = this.#queue.splice(0)) {
        for (const piece of pieces) await this.#writeWhole(piece);
      }
    } catch (error) {
      this.#failed = true;
      this.#queue = [];
      this.#queuedBytes = 0;
      await this.#file.truncate(this.#bytes).catch(() => undefined);
      this.#onFailure(error as NodeJS.ErrnoException);
    }
    this.#writing = undefined;
    if (!this.#failed) this.#onRoom();
  }

  async #writeWhole(piece: Uint8Array): Promise<void> {
    await writeAll(this.#file, piece, this.#bytes);
    this.#bytes += piece.length;
    this.#queuedBytes -= piece.length;
  }
}

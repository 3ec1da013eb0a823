import { type FileHandle, open } from "node:fs/promises";

/**
 * A file that grows by whole pieces. Pieces are written one after the other in the background; a piece that cannot be
 * written whole is cut off again, so that the file always ends with a whole one.
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
   * Makes a new file.
   * @param onRoom called when all pieces are written
   * @param onFailure called once, when one cannot be; later ones are thrown away
   * @throws the error of the system; `EEXIST` when there is one of that name
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

  /** Bytes given to it so far. */
  get bytes(): number {
    return this.#bytes + this.#queuedBytes;
  }

  /** Takes a piece, to be written soon. */
  push(piece: Uint8Array): void {
    if (this.#failed) return;
    this.#queue.push(piece);
    this.#queuedBytes += piece.length;
    this.#writing ??= this.#write();
  }

  /** Closes the file when all is written and on the disk. */
  async close(): Promise<void> {
    await this.#writing;
    if (!this.#failed) await this.#file.sync().catch(() => undefined);
    await this.#file.close();
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
    for (let written = 0; written < piece.length; ) {
      const { bytesWritten } = await this.#file.write(
        piece,
        written,
        piece.length - written,
        this.#bytes + written,
      );
      written += bytesWritten;
    }
    this.#bytes += piece.length;
    this.#queuedBytes -= piece.length;
  }
}

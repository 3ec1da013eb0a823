import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Linux, loadLinux, type Mapping } from "./linux-system-calls.js";

/**
 * Memory that two processes share, for pictures. One process creates it, the other inherits its
 * file descriptor.
 */
export interface PictureMemory {
  readonly fd: number;
  /** Lets `fill` write `size` bytes at `offset`. The memory grows as needed. */
  write(offset: number, size: number, fill: (target: Uint8Array) => void): void;
  /** Copies what was written at `offset` into `target`. */
  read(offset: number, target: Uint8Array): void;
  /** Lets go of the memory. The system frees it once both processes have. */
  close(): void;
}

/** Creates memory that a child process can inherit. */
export function createPictureMemory(): PictureMemory {
  const linux = loadLinux();
  return linux ? new MappedMemory(linux, linux.createMemoryFile()) : new FileMemory(createHiddenFile());
}

/** The memory that this process inherited. */
export function inheritPictureMemory(fd: number): PictureMemory {
  const linux = loadLinux();
  return linux ? new MappedMemory(linux, fd) : new FileMemory(fd);
}

/** A file that both processes map. */
export class MappedMemory implements PictureMemory {
  readonly fd: number;
  readonly #linux: Linux;
  /**
   * The last is the largest. Earlier mappings stay, so that no view of them becomes invalid;
   * nothing is copied.
   */
  readonly #mappings: Mapping[] = [];

  constructor(linux: Linux, fd: number) {
    this.#linux = linux;
    this.fd = fd;
  }

  write(offset: number, size: number, fill: (target: Uint8Array) => void): void {
    fill(this.#upTo(offset + size).subarray(offset));
  }

  read(offset: number, target: Uint8Array): void {
    target.set(this.#upTo(offset + target.length).subarray(offset));
  }

  close(): void {
    for (const mapping of this.#mappings.splice(0)) this.#linux.unmap(mapping);
    closeSync(this.fd);
  }

  /**
   * Memory up to `end`, at least. The file grows first: touching a mapping beyond its file's end
   * kills the process.
   */
  #upTo(end: number): Uint8Array {
    let largest = this.#mappings.at(-1);
    if (!largest || largest.bytes.length < end) {
      if (fstatSync(this.fd).size < end)
        ftruncateSync(this.fd, Math.max(end, 2 * (largest?.bytes.length ?? 0)));
      largest = this.#linux.map(this.fd, fstatSync(this.fd).size);
      this.#mappings.push(largest);
    }
    return largest.bytes.subarray(0, end);
  }
}

/** A file in the system's cache: one more copy, but it works on every system. */
export class FileMemory implements PictureMemory {
  readonly fd: number;
  #buffer = new Uint8Array(0);

  constructor(fd: number) {
    this.fd = fd;
  }

  write(offset: number, size: number, fill: (target: Uint8Array) => void): void {
    if (this.#buffer.length < size) this.#buffer = new Uint8Array(size);
    fill(this.#buffer);
    writeSync(this.fd, this.#buffer, 0, size, offset);
  }

  read(offset: number, target: Uint8Array): void {
    readSync(this.fd, target, 0, target.length, offset);
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** Creates an open file that no folder lists. */
export function createHiddenFile(): number {
  const folder = mkdtempSync(join(tmpdir(), "nalive-"));
  try {
    return openSync(join(folder, "pictures"), "w+", 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

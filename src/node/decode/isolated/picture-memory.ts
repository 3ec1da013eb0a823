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
 * Memory that two processes have in common, for pictures on their way from one to the other. One of them creates it, the
 * other is born with its file descriptor.
 */
export interface PictureMemory {
  readonly fd: number;
  /** Lets `fill` write `size` bytes at `offset`; the memory grows as needed. */
  write(offset: number, size: number, fill: (target: Uint8Array) => void): void;
  /** Copies what was written at `offset` into `target`. */
  read(offset: number, target: Uint8Array): void;
  /** Gives the memory back to the system, when the other process does too. */
  close(): void;
}

/** Memory of this process, to be inherited by another. */
export function createPictureMemory(): PictureMemory {
  const linux = loadLinux();
  return linux ? new MappedMemory(linux, linux.createMemoryFile()) : new FileMemory(createHiddenFile());
}

/** The memory that this process was born with. */
export function inheritPictureMemory(fd: number): PictureMemory {
  const linux = loadLinux();
  return linux ? new MappedMemory(linux, fd) : new FileMemory(fd);
}

/** A file mapped into both processes. */
export class MappedMemory implements PictureMemory {
  readonly fd: number;
  readonly #linux: Linux;
  /** The largest is the last. All stay until the end: nothing is copied by that, and no view of one is ever invalid. */
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

  /** All memory up to `end`. Touching what lies behind the end of a mapped file would be fatal. */
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

/** A file that the system keeps in its cache: a copy more, and the same on every system. */
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

/** An open file that no folder names. */
export function createHiddenFile(): number {
  const folder = mkdtempSync(join(tmpdir(), "nalive-"));
  try {
    return openSync(join(folder, "pictures"), "w+", 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

import { openSync } from "node:fs";
import { createRequire } from "node:module";

/** System calls of Linux that a decoding process needs and Node does not offer. */
export interface Linux {
  /** Creates a file in memory without a name. @returns its descriptor */
  createMemoryFile(): number;
  /** Maps a file. What one process writes, all processes that map the file read. */
  map(fd: number, length: number): Mapping;
  /** Removes a mapping. Nobody may touch its bytes afterwards. */
  unmap(mapping: Mapping): void;
  /**
   * Makes the system kill this process when the thread that started it ends, even while it is busy.
   */
  dieWithParent(): void;
}

/** A part of this process's memory. */
export interface Mapping {
  readonly address: unknown;
  readonly bytes: Uint8Array;
}

const MFD_CLOEXEC = 1;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

let loaded: { readonly linux: Linux | undefined } | undefined;

/** @returns undefined on other systems, and where koffi has no build */
export function loadLinux(): Linux | undefined {
  loaded ??= { linux: process.platform === "linux" ? bind() : undefined };
  return loaded.linux;
}

function bind(): Linux | undefined {
  let koffi: typeof import("koffi");
  try {
    koffi = createRequire(import.meta.url)("koffi");
  } catch {
    return undefined;
  }
  // The symbols of the program itself, which is linked with whichever C library this system has.
  const libc = koffi.load(null);
  const memfdCreate = libc.func("int memfd_create(const char *, unsigned int)");
  const mmap = libc.func("void *mmap(void *, size_t, int, int, int, int64)");
  const munmap = libc.func("int munmap(void *, size_t)");
  const close = libc.func("int close(int)");
  const prctl = libc.func("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)");
  return {
    createMemoryFile() {
      const fd: number = memfdCreate("nalive-pictures", MFD_CLOEXEC);
      if (fd < 0) throw new Error("Linux could not create a file in memory (memfd_create)");
      try {
        // Node closes what it opened when the thread ends.
        return openSync(`/proc/self/fd/${fd}`, "r+");
      } finally {
        close(fd);
      }
    },
    map(fd, length) {
      const address: unknown = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
      if (address === null || koffi.address(address) === MAP_FAILED)
        throw new Error(`Linux could not map ${length} bytes (mmap)`);
      return { address, bytes: new Uint8Array(koffi.view(address, length)) };
    },
    unmap: ({ address, bytes }) => void munmap(address, bytes.length),
    dieWithParent: () => void prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0),
  };
}

import { openSync } from "node:fs";
import { createRequire } from "node:module";

/** What of Linux a decoding process needs and Node does not have. */
export interface Linux {
  /** A file in memory without a name; its descriptor. */
  createMemoryFile(): number;
  /** Maps a file, for all processes that map it: what one writes the others read. */
  map(fd: number, length: number): Mapping;
  /** After this nobody may touch the mapping's bytes. */
  unmap(mapping: Mapping): void;
  /** The system kills this process when the thread that started it ends, whatever this process is busy with. */
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

/** undefined on other systems, and where koffi has no build. */
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
  // Of the program itself, which is linked with the C library, whichever that is.
  const libc = koffi.load(null);
  const memfdCreate = libc.func("int memfd_create(const char *, unsigned int)");
  const mmap = libc.func("void *mmap(void *, size_t, int, int, int, int64)");
  const munmap = libc.func("int munmap(void *, size_t)");
  const close = libc.func("int close(int)");
  const prctl = libc.func("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)");
  return {
    createMemoryFile() {
      const fd: number = memfdCreate("nalive-pictures", MFD_CLOEXEC);
      if (fd < 0) throw new Error("memfd_create failed");
      try {
        // Opened by Node, which closes what a thread that ends has left open.
        return openSync(`/proc/self/fd/${fd}`, "r+");
      } finally {
        close(fd);
      }
    },
    map(fd, length) {
      const address: unknown = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
      if (address === null || koffi.address(address) === MAP_FAILED)
        throw new Error(`mmap of ${length} bytes failed`);
      return { address, bytes: new Uint8Array(koffi.view(address, length)) };
    },
    unmap: ({ address, bytes }) => void munmap(address, bytes.length),
    dieWithParent: () => void prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0),
  };
}

import { fstat } from "node:fs";
import { promisify } from "node:util";

/** The command of fcntl that sets a pipe's capacity, from linux/fcntl.h. */
const F_SETPIPE_SZ = 1031;
/**
 * Capacity in bytes: less than the 1 MiB that Linux allows every user, and small enough for a
 * second-level cache.
 */
const capacity = 256 * 1024;

/**
 * Gives a pipe room for 256 KiB instead of Linux's 64 KiB. Writer and reader then alternate a
 * quarter as often, and a 720p BGR24 frame passes in half the time. Does nothing when `fd` is not a
 * pipe, or when the system has no such call or refuses it.
 */
export async function widenPipe(fd: number): Promise<void> {
  if (process.platform !== "linux") return;
  try {
    if (!(await promisify(fstat)(fd)).isFIFO()) return;
    const { default: koffi } = await import("koffi");
    koffi.load(null).func("int fcntl(int, int, ...)")(fd, F_SETPIPE_SZ, "int", capacity);
  } catch {
    // A musl without the symbol or a platform without koffi: the pipe is only slower.
  }
}

import { closeSync, openSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadLinux } from "../../dist/node/decode/isolated/linux-system-calls.js";
import {
  createHiddenFile,
  FileMemory,
  MappedMemory,
} from "../../dist/node/decode/isolated/picture-memory.js";

const linux = loadLinux();

/** The descriptor that another process would be born with: of the same file. */
const another = (fd: number) => openSync(`/proc/self/fd/${fd}`, "r+");

describe.skipIf(!linux).each([
  ["mapped", () => linux!.createMemoryFile(), (fd: number) => new MappedMemory(linux!, fd)],
  ["in a file", createHiddenFile, (fd: number) => new FileMemory(fd)],
] as const)("memory %s", (_how, create, open) => {
  it("shows to one side what the other wrote, while it grows", () => {
    const one = open(create());
    const other = open(another(one.fd));
    for (const size of [1, 4096, 5000, 100_000, 3, 1_000_000]) {
      for (const offset of [0, size, 3 * size]) {
        one.write(offset, size, (target) => target.fill(size & 255, 0, size));
        const read = new Uint8Array(new SharedArrayBuffer(size));
        other.read(offset, read);
        expect(read.every((byte) => byte === (size & 255))).toBe(true);
      }
    }
    one.close();
    other.close();
    expect(() => closeSync(one.fd)).toThrow();
  });
});

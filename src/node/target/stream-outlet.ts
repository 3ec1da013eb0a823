import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { TransportError } from "../../core/errors.js";
import { messageOf, systemCode } from "../source/sockets/socket-errors.js";
import type { Outlet } from "./target.js";

/** Writes to a file, which is made or emptied first. */
export async function openFileOutlet(path: string): Promise<Outlet> {
  const stream = createWriteStream(path);
  try {
    await once(stream, "open");
  } catch (error) {
    throw outputError(error, path);
  }
  return streamOutlet(stream, path);
}

/** Writes to standard output. */
export function openStdoutOutlet(): Outlet {
  return streamOutlet(process.stdout, "standard output");
}

function streamOutlet(stream: Writable, name: string): Outlet {
  let failure: Error | undefined;
  const gone = new Promise<Error | undefined>((resolve) => {
    stream.on("error", (error) => {
      failure = outputError(error, name);
      resolve(failure);
    });
    stream.on("close", () => resolve(failure));
  });
  return {
    peer: name,
    gone,
    write: (data) =>
      new Promise((resolve, reject) => {
        stream.write(data, (error) => (error ? reject(outputError(error, name)) : resolve()));
      }),
    async close() {
      // Standard output belongs to the process and never closes; each write has resolved, so
      // nothing is under way.
      if (stream === process.stdout) return;
      stream.end();
      await finished(stream).catch(() => {});
    },
  };
}

function outputError(error: unknown, name: string): TransportError {
  const code = systemCode(error);
  if (code === "EACCES" || code === "EPERM")
    return new TransportError("NALIVE_PERMISSION_DENIED", `${name} may not be written: permission denied`, {
      cause: error,
    });
  const why =
    code === "EPIPE"
      ? "whoever read it is gone"
      : code === "ENOSPC"
        ? "the disk is full"
        : code === "ENOENT"
          ? "its folder does not exist"
          : messageOf(error);
  return new TransportError("NALIVE_OUTPUT_FAILED", `cannot write to ${name}: ${why}`, { cause: error });
}

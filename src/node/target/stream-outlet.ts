import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { TransportError } from "../../core/errors.js";
import { messageOf, systemCode } from "../source/sockets/socket-errors.js";
import type { Outlet } from "./target.js";

/** Writes to a file, which it creates or empties first. */
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
      // Standard output belongs to the process and never closes. Each write has resolved, so no
      // bytes are pending.
      if (stream === process.stdout) return;
      stream.end();
      await finished(stream).catch(() => {});
    },
  };
}

function outputError(error: unknown, name: string): TransportError {
  const code = systemCode(error);
  if (code === "EACCES" || code === "EPERM")
    return new TransportError("NALIVE_PERMISSION_DENIED", `Cannot write to ${name}: permission denied`, {
      cause: error,
    });
  const why =
    code === "EPIPE"
      ? "its reader has closed it"
      : code === "ENOSPC"
        ? "the disk is full"
        : code === "ENOENT"
          ? "its folder does not exist"
          : messageOf(error);
  return new TransportError("NALIVE_OUTPUT_FAILED", `Cannot write to ${name}: ${why}`, { cause: error });
}

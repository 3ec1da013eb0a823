import { closeSync, constants, createReadStream, fstatSync, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { isatty } from "node:tty";
import { type ErrorCode, TransportError } from "../../../core/errors.js";
import { type Connection, type ConnectionEvents, type Dialer, failedConnection } from "../connection.js";
import { messageOf, systemCode } from "../sockets/socket-errors.js";
import type { SourceKind } from "../source.js";
import { noSuchFile } from "./no-such-file.js";

/**
 * Bytes per read: enough that the system call costs nothing, few enough that `pause()` takes effect
 * soon.
 */
export const fileReadBytes = 256 * 1024;

/**
 * Reads a raw H.264 file, once or again and again. A named pipe is read as bytes arrive, and
 * reopened when its writer leaves.
 */
export function fileDialer(path: string, loop: boolean): Dialer {
  return {
    framing: "none",
    dial(events) {
      try {
        // Without O_NONBLOCK, opening a named pipe waits for a writer and occupies a thread of the
        // pool.
        const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
        const stats = fstatSync(descriptor);
        if (stats.isFIFO()) return pipeConnection(descriptor, path, events);
        if (!stats.isDirectory()) return fileConnection(path, descriptor, loop, events);
        closeSync(descriptor);
      } catch (error) {
        return failedConnection(events, fileError(error, path), true);
      }
      return failedConnection(events, isFolder(path), true);
    },
  };
}

/**
 * `live` for a named pipe. Else `file`, also when the path cannot be examined: opening it says why.
 */
export function fileKind(path: string): SourceKind {
  try {
    return statSync(path).isFIFO() ? "live" : "file";
  } catch {
    return "file";
  }
}

/** Reads standard input to its end. */
export function stdinDialer(): Dialer {
  return {
    framing: "none",
    dial(events) {
      if (isatty(0)) {
        const message =
          "Standard input is a terminal: pipe raw H.264 into it, as in `camera | nalive view -`";
        return failedConnection(events, new TransportError("NALIVE_READ_FAILED", message), true);
      }
      try {
        return readableConnection(openStdin(), "standard input", events, true);
      } catch (error) {
        return failedConnection(events, fileError(error, "standard input"), true);
      }
    },
  };
}

/**
 * Not `process.stdin`: in a worker thread, where sources run, that is another stream, and it is
 * empty.
 */
function openStdin(): Readable {
  const stats = fstatSync(0);
  if (stats.isFIFO() || stats.isSocket()) return new Socket({ fd: 0, readable: true, writable: false });
  // From its beginning, because it may be read a second time.
  return createReadStream("", { fd: 0, start: 0, autoClose: false, highWaterMark: fileReadBytes });
}

/** `file` when standard input is redirected from a file; a pipe may be a camera. */
export function stdinKind(): SourceKind {
  try {
    return fstatSync(0).isFile() ? "file" : "live";
  } catch {
    return "live";
  }
}

/** The error of a file that cannot be read. */
export function fileError(error: unknown, path: string): TransportError {
  const fail = (code: ErrorCode, message: string) => new TransportError(code, message, { cause: error });
  switch (systemCode(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return fail("NALIVE_NO_SUCH_FILE", noSuchFile(path));
    case "EACCES":
    case "EPERM":
      return fail("NALIVE_PERMISSION_DENIED", `Cannot read ${path}: permission denied`);
    case "EISDIR":
      return isFolder(path);
    case "ENXIO":
      return fail(
        "NALIVE_READ_FAILED",
        `${path} is a socket, or a device that does not exist: connect to a socket with unix:${path}`,
      );
    default:
      return fail("NALIVE_READ_FAILED", `Cannot read ${path}: ${messageOf(error)}`);
  }
}

function isFolder(path: string): TransportError {
  return new TransportError("NALIVE_READ_FAILED", `${path} is a folder: expected a raw H.264 file`);
}

function fileConnection(
  path: string,
  descriptor: number,
  loop: boolean,
  events: ConnectionEvents,
): Connection {
  let stream: Readable;
  let paused = false;
  let closing = false;
  let failure: Error | undefined;
  const open = (fd?: number) => {
    let empty = true;
    stream = createReadStream(path, { highWaterMark: fileReadBytes, ...(fd === undefined ? {} : { fd }) });
    stream.on("data", (bytes: Buffer) => {
      empty = false;
      events.data(bytes);
    });
    stream.on("error", (error) => {
      failure = fileError(error, path);
    });
    stream.on("close", () => {
      if (loop && !closing && !failure && !empty) open();
      else events.closed(failure, true);
    });
    if (paused) stream.pause();
  };
  events.connected(path);
  open(descriptor);
  return {
    pause() {
      paused = true;
      stream.pause();
    },
    resume() {
      paused = false;
      stream.resume();
    },
    close() {
      closing = true;
      stream.destroy();
    },
  };
}

function pipeConnection(descriptor: number, path: string, events: ConnectionEvents): Connection {
  return readableConnection(
    new Socket({ fd: descriptor, readable: true, writable: false }),
    path,
    events,
    false,
  );
}

/** A readable stream as a connection. With `over`, the source ends with it. */
function readableConnection(
  stream: Readable,
  name: string,
  events: ConnectionEvents,
  over: boolean,
): Connection {
  let failure: Error | undefined;
  let closed = false;
  const finish = () => {
    if (closed) return;
    closed = true;
    events.closed(failure, over);
  };
  events.connected(name);
  stream.on("data", (bytes: Buffer) => events.data(bytes));
  stream.on("error", (error) => {
    failure = fileError(error, name);
  });
  // Standard input redirected from a file ends without closing.
  stream.on("end", finish);
  stream.on("close", finish);
  return {
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    close: () => void stream.destroy(),
  };
}

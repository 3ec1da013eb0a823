import { lstatSync, unlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Dialer, Listener } from "../connection.js";
import { openPort } from "./listening-port.js";
import { socketConnection } from "./socket-connection.js";
import { systemCode } from "./socket-errors.js";
import { dialSocket } from "./tcp.js";

/** Dials the Unix socket at `path`. */
export function unixDialer(path: string): Dialer {
  return { framing: "none", dial: (events) => dialSocket({ path }, path, path, events) };
}

/**
 * Listens on a Unix socket at `path`. Replaces a socket that a dead process left behind, but none
 * that is in use.
 */
export function unixListener(path: string): Listener {
  return {
    framing: "none",
    listen(events) {
      let senders = 0;
      let cancelled = false;
      let close: (() => void) | undefined;
      const server = createServer((socket) => {
        const peer = `sender ${++senders} at ${path}`;
        events.offered({
          peer,
          accept: (connectionEvents) => socketConnection(socket, peer, connectionEvents),
          refuse: () => void socket.on("error", () => {}).destroy(),
        });
      });
      removeDeadSocket(path, () => {
        if (cancelled) events.closed();
        else close = openPort(server, { path }, path, events);
      });
      return () => {
        cancelled = true;
        close?.();
      };
    },
  };
}

/**
 * Removes the socket at `path` if nothing listens there and removing it is permitted. Then calls
 * `done`, never at once.
 */
export function removeDeadSocket(path: string, done: () => void): void {
  if (!isSocket(path)) return void setImmediate(done);
  const probe = connect(path);
  probe.on("connect", () => probe.destroy());
  probe.on("error", (error) => {
    if (systemCode(error) !== "ECONNREFUSED") return;
    try {
      unlinkSync(path);
    } catch {
      // It is not permitted, or another program was quicker: listening there reports the cause.
    }
  });
  probe.on("close", done);
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}

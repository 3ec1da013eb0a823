import type { Socket } from "node:net";
import type { Connection, ConnectionEvents } from "../connection.js";
import { lostError } from "./socket-errors.js";

/**
 * A silent peer is asked after 5 s whether it lives; without an answer it counts as gone some 10 s
 * later.
 */
export const keepAliveMs = 5000;

/** A stream socket that is connected, TCP or Unix, as a connection. Takes over its listeners. */
export function socketConnection(socket: Socket, peer: string, events: ConnectionEvents): Connection {
  let failure: Error | undefined;
  socket.on("data", (bytes: Buffer) => events.data(bytes));
  socket.on("error", (error) => {
    failure = lostError(error, peer);
  });
  socket.on("close", () => events.closed(failure));
  return {
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: () => void socket.destroy(),
  };
}

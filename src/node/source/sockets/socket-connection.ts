import type { Socket } from "node:net";
import type { Connection, ConnectionEvents } from "../connection.js";
import { lostError } from "./socket-errors.js";

/**
 * The system probes a silent peer after 5 s. Without an answer the connection fails about 10 s
 * later.
 */
export const keepAliveMs = 5000;

/** A connected stream socket, TCP or Unix, as a connection. Takes over its listeners. */
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

import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { isKeyFrameRequest } from "../source/sockets/key-frame-message.js";
import { closeError, lostError } from "../source/sockets/socket-errors.js";
import type { Outlet } from "./target.js";

/** A receiver that does not close its side of the connection within this time is disconnected. */
const closeTimeoutMs = 1000;

/** A connected stream socket as an outlet. Ignores what the receiver sends. */
export function socketOutlet(socket: Socket, peer: string): Outlet {
  let failure: Error | undefined;
  socket.on("error", (error) => {
    failure = lostError(error, peer);
  });
  const gone = new Promise<Error | undefined>((resolve) => {
    socket.on("close", () => resolve(failure));
  });
  socket.resume();
  return {
    peer,
    gone,
    // Waiting for each write keeps Node from joining them.
    write: (data) => promised((done) => socket.write(data, done), peer),
    async close() {
      socket.end();
      await endWithin(gone, () => socket.destroy());
    },
  };
}

/**
 * An open WebSocket as an outlet: each write is one binary message. Ignores what the receiver
 * sends, except requests for a key frame.
 */
export function webSocketOutlet(ws: WebSocket, peer: string, onKeyFrameRequest: () => void): Outlet {
  let failure: Error | undefined;
  ws.on("message", (data, isBinary) => {
    if (!isBinary && isKeyFrameRequest(String(data))) onKeyFrameRequest();
  });
  ws.on("error", (error) => {
    failure = lostError(error, peer);
  });
  const gone = new Promise<Error | undefined>((resolve) => {
    // 1006 without an error is a receiver that was killed: it disconnected, as on any socket.
    ws.on("close", (code, reason) =>
      resolve(failure ?? (code === 1006 ? undefined : closeError(code, reason, peer))),
    );
    if (ws.readyState === WebSocket.CLOSED) resolve(undefined);
  });
  return {
    peer,
    gone,
    write: (data) => promised((done) => ws.send(data, { binary: true, compress: false }, done), peer),
    async close() {
      ws.close(1000);
      await endWithin(gone, () => ws.terminate());
    },
  };
}

async function promised(send: (done: (error?: Error | null) => void) => void, peer: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => send((error) => (error ? reject(error) : resolve())));
  } catch (error) {
    throw lostError(error, peer);
  }
}

async function endWithin(gone: Promise<unknown>, cutOff: () => void): Promise<void> {
  const timer = setTimeout(cutOff, closeTimeoutMs);
  await gone;
  clearTimeout(timer);
}

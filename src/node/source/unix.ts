import { unlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Dialer, Listener, ListenerEvents } from "./link.js";
import { listenError, systemCode } from "./socket-errors.js";
import { linkSocket } from "./socket-link.js";
import { dialSocket } from "./tcp.js";

/** Dials the Unix socket at `path`. */
export function unixDialer(path: string): Dialer {
  return { framing: "none", dial: (events) => dialSocket({ path }, path, path, events) };
}

/** Listens on a Unix socket at `path`; a socket file that a dead process left behind is replaced, one in use is not. */
export function unixListener(path: string): Listener {
  return { framing: "none", listen: (events) => listenAt(path, events) };
}

function listenAt(path: string, events: ListenerEvents): () => void {
  let senders = 0;
  let closed = false;
  let failure: Error | undefined;
  const server = createServer();
  const finish = () => {
    if (closed) return;
    closed = true;
    events.closed(failure);
  };
  server.on("listening", () => events.state({ type: "listening", address: path, port: undefined }));
  server.on("connection", (socket) => {
    const peer = `sender ${++senders} at ${path}`;
    events.offered({
      peer,
      accept: (linkEvents) => linkSocket(socket, peer, linkEvents),
      refuse: () => void socket.on("error", () => {}).destroy(),
    });
  });
  let replaced = false;
  server.on("error", (error) => {
    if (systemCode(error) === "EADDRINUSE" && !replaced) {
      replaced = true;
      removeIfDead(path, (removed) => {
        if (closed) return;
        if (removed) return void server.listen(path);
        failure = listenError(error, path, undefined, "tcp");
        finish();
      });
      return;
    }
    failure = listenError(error, path, undefined, "tcp");
    if (server.listening) server.close();
    else finish();
  });
  server.on("close", finish);
  server.listen(path);
  return () => {
    server.close();
    // A server that waits for the check of a dead socket is not listening, and so never says that it closed.
    if (!server.listening) setImmediate(finish);
  };
}

/** Removes the socket file when nobody answers at it; never a file of another kind, which refuses connections too. */
function removeIfDead(path: string, done: (removed: boolean) => void): void {
  const probe = connect(path);
  probe.on("connect", () => {
    probe.destroy();
    done(false);
  });
  probe.on("error", (error) => {
    if (systemCode(error) !== "ECONNREFUSED") return done(false);
    try {
      unlinkSync(path);
      done(true);
    } catch {
      done(false);
    }
  });
}

import { connect, createServer, type ListenOptions, type NetConnectOpts, type Socket } from "node:net";
import type { Connection, ConnectionEvents, Dialer, Listener } from "../connection.js";
import { hostPort } from "../describe-source-state.js";
import { openPort } from "./listening-port.js";
import { keepAliveMs, socketConnection } from "./socket-connection.js";
import { connectError } from "./socket-errors.js";

const connectTimeoutMs = 10_000;

/** Dials `host:port` over TCP. */
export function tcpDialer(host: string, port: number): Dialer {
  const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
  return { framing: "none", dial: (events) => dialSocket(options, hostPort(host, port), host, events) };
}

/** Dials a stream socket of either family; `to` and `host` are for messages. */
export function dialSocket(
  options: NetConnectOpts,
  to: string,
  host: string,
  events: ConnectionEvents,
): Connection {
  events.state({ type: "connecting", to });
  const socket = connect(options);
  let connection: Connection | undefined;
  let paused = false;
  let failure: unknown;
  let closing = false;
  const onError = (error: unknown) => {
    failure = error;
  };
  const onClose = () => events.closed(closing ? undefined : connectError(failure, to, host));
  socket.setTimeout(connectTimeoutMs, () =>
    socket.destroy(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })),
  );
  socket.on("error", onError);
  socket.on("close", onClose);
  socket.once("connect", () => {
    socket.setTimeout(0);
    socket.off("error", onError);
    socket.off("close", onClose);
    events.connected(to);
    connection = socketConnection(socket, to, events);
    if (paused) connection.pause();
  });
  return {
    pause() {
      paused = true;
      connection?.pause();
    },
    resume() {
      paused = false;
      connection?.resume();
    },
    close() {
      closing = true;
      socket.destroy();
    },
  };
}

/**
 * Listens on a TCP port; 0 is any free one. An undefined `host` is every address of the machine,
 * IPv6 and IPv4.
 */
export function tcpListener(host: string | undefined, port: number): Listener {
  return {
    framing: "none",
    listen(events) {
      const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
      server.on("connection", (socket) => {
        const peer = peerName(socket);
        events.offered({
          peer,
          accept: (connectionEvents) => socketConnection(socket, peer, connectionEvents),
          refuse: () => void socket.on("error", () => {}).destroy(),
        });
      });
      return openPort(server, listenOptions(host, port), host ?? "every address", events);
    },
  };
}

/** Options of Node's `listen`, which takes no undefined host. */
export function listenOptions(host: string | undefined, port: number): ListenOptions {
  return host === undefined ? { port } : { host, port };
}

/** Names the other end of an accepted TCP socket to people. */
export function peerName(socket: Socket): string {
  // On an IPv6 socket, IPv4 senders appear as ::ffff:a.b.c.d.
  const address = (socket.remoteAddress ?? "a sender").replace(/^::ffff:/, "");
  return socket.remotePort === undefined ? address : hostPort(address, socket.remotePort);
}

import { connect, createServer } from "node:net";
import { hostPort } from "../source/describe-source-state.js";
import { openPort } from "../source/sockets/listening-port.js";
import { keepAliveMs } from "../source/sockets/socket-connection.js";
import { connectError } from "../source/sockets/socket-errors.js";
import { listenOptions, peerName } from "../source/sockets/tcp.js";
import { removeDeadSocket } from "../source/sockets/unix.js";
import type { SourceState } from "../source/source.js";
import type { OpenPort } from "./accepting-target.js";
import type { OpenOutlet } from "./dialing-target.js";
import { socketOutlet } from "./outlets.js";

const connectTimeoutMs = 10_000;
const tcpOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };

/** A TCP port of a host, or the path of a Unix socket. */
export type SocketPlace = { readonly host: string; readonly port: number } | { readonly path: string };

/** Connects to a TCP port or a Unix socket. */
export function openSocketOutlet(place: SocketPlace, report: (event: SourceState) => void): OpenOutlet {
  const peer = "path" in place ? place.path : hostPort(place.host, place.port);
  const host = "path" in place ? place.path : place.host;
  return (signal) =>
    new Promise((resolve, reject) => {
      report({ type: "connecting", to: peer });
      const socket = connect({ ...place, ...tcpOptions });
      const fail = (error: unknown) => {
        signal.removeEventListener("abort", abort);
        socket.destroy();
        reject(connectError(error, peer, host));
      };
      const abort = () => fail(signal.reason);
      const timeout = setTimeout(() => fail({ code: "ETIMEDOUT" }), connectTimeoutMs);
      signal.addEventListener("abort", abort, { once: true });
      socket.once("error", fail);
      socket.once("close", () => clearTimeout(timeout));
      socket.once("connect", () => {
        clearTimeout(timeout);
        signal.removeEventListener("abort", abort);
        socket.off("error", fail);
        resolve(socketOutlet(socket, peer));
      });
    });
}

/** Listens on a TCP port, on every address when there is no host, or at a Unix socket's path. */
export function openSocketPort(
  place: { readonly host: string | undefined; readonly port: number } | { readonly path: string },
): OpenPort {
  return ({ state, connected, closed }) => {
    let receivers = 0;
    let cancelled = false;
    let close: (() => void) | undefined;
    const server = createServer(tcpOptions, (socket) => {
      const peer = "path" in place ? `receiver ${++receivers} at ${place.path}` : peerName(socket);
      const outlet = socketOutlet(socket, peer);
      if (!connected(outlet)) socket.destroy();
    });
    const listen = () => {
      if (cancelled) closed();
      else if ("path" in place) close = openPort(server, place, place.path, { state, closed });
      else
        close = openPort(server, listenOptions(place.host, place.port), place.host ?? "every address", {
          state,
          closed,
        });
    };
    if ("path" in place) removeDeadSocket(place.path, listen);
    else listen();
    return () => {
      cancelled = true;
      close?.();
    };
  };
}

import { createServer } from "node:http";
import type { Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { openPort } from "../source/sockets/listening-port.js";
import { keepAliveMs } from "../source/sockets/socket-connection.js";
import { connectError } from "../source/sockets/socket-errors.js";
import { listenOptions, peerName } from "../source/sockets/tcp.js";
import { rejectUpgrade } from "../source/sockets/ws.js";
import type { SourceState } from "../source/source.js";
import type { Listening } from "../source/source-url.js";
import type { OpenPort } from "./accepting-target.js";
import type { OpenOutlet } from "./dialing-target.js";
import { webSocketOutlet } from "./outlets.js";

const handshakeTimeoutMs = 10_000;
/** Receivers send short text messages only. */
const maxPayload = 64 * 1024;

/** Connects to a WebSocket server. `name` is its URL without secrets. */
export function openWsOutlet(
  url: string,
  name: string,
  report: (event: SourceState) => void,
  onKeyFrameRequest: () => void,
): OpenOutlet {
  return (signal) =>
    new Promise((resolve, reject) => {
      report({ type: "connecting", to: name });
      const ws = new WebSocket(url, {
        perMessageDeflate: false,
        maxPayload,
        handshakeTimeout: handshakeTimeoutMs,
      });
      const fail = (error: unknown) => {
        signal.removeEventListener("abort", abort);
        reject(connectError(error, name, new URL(url).hostname));
      };
      const abort = () => ws.terminate();
      signal.addEventListener("abort", abort, { once: true });
      ws.once("error", fail);
      ws.once("upgrade", (response) => response.socket.setNoDelay(true).setKeepAlive(true, keepAliveMs));
      ws.once("open", () => {
        signal.removeEventListener("abort", abort);
        ws.off("error", fail);
        resolve(webSocketOutlet(ws, name, onKeyFrameRequest));
      });
    });
}

/** Listens for WebSocket connections to one path. */
export function openWsPort(
  { host, port, path }: Listening & { readonly path: string },
  onKeyFrameRequest: () => void,
): OpenPort {
  return ({ state, connected, closed }) => {
    const http = createServer((_, response) => {
      response.writeHead(426, { "Content-Type": "text/plain", Upgrade: "websocket", Connection: "close" });
      response.end(`nalive sends raw H.264 in binary WebSocket messages at ${path}\n`);
    });
    http.maxConnections = 64;
    http.requestTimeout = handshakeTimeoutMs;
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload });
    http.on("upgrade", (request, duplex, head) => {
      const socket = duplex as Socket;
      if ((request.url ?? "/").replace(/[?#].*$/s, "") !== path) {
        rejectUpgrade(socket, 404, "Not Found", `Nothing is here: the stream is at ${path}`);
        return;
      }
      socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
      const peer = peerName(socket);
      sockets.handleUpgrade(request, socket, head, (ws) => {
        if (!connected(webSocketOutlet(ws, peer, onKeyFrameRequest))) ws.close(1013, "too many receivers");
      });
    });
    const close = openPort(http, listenOptions(host, port), host ?? "every address", { state, closed });
    return () => {
      close();
      http.closeAllConnections();
    };
  };
}

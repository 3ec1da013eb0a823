import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { TransportError } from "../../../core/errors.js";
import {
  type Connection,
  type ConnectionEvents,
  type Dialer,
  failedConnection,
  type Listener,
  type Offer,
} from "../connection.js";
import { keyFrameRequest } from "./key-frame-message.js";
import { openPort } from "./listening-port.js";
import { keepAliveMs } from "./socket-connection.js";
import { closeError, connectError, lostError, printable, systemCode } from "./socket-errors.js";
import { listenOptions, peerName } from "./tcp.js";

const handshakeTimeoutMs = 10_000;
/** A peer that does not answer the closing handshake within this time is disconnected. */
const closeTimeoutMs = 1000;
/** True for 1, 10, 100…: a sender may make the same mistake with every picture. */
const isPowerOfTen = (count: number) => /^10*$/.test(String(count));

/** Connects to a WebSocket server. `label` is its URL without secrets. */
export function wsDialer(url: string, label: string, maxMessageBytes: number): Dialer {
  return {
    framing: "message",
    dial(events) {
      events.state({ type: "connecting", to: label });
      const ws = new WebSocket(url, {
        perMessageDeflate: false,
        skipUTF8Validation: true,
        maxPayload: maxMessageBytes,
        handshakeTimeout: handshakeTimeoutMs,
      });
      return webSocketConnection(ws, label, maxMessageBytes, events, new URL(url).hostname);
    },
  };
}

/** Listens for WebSocket connections to exactly this path. */
export function wsListener(
  host: string | undefined,
  port: number,
  path: string,
  maxMessageBytes: number,
): Listener {
  return {
    framing: "message",
    listen(events) {
      const http = createServer((request, response) => {
        const right = pathOf(request) === path;
        const text = right
          ? `nalive receives raw H.264 here in binary WebSocket messages: connect with ws://${request.headers.host ?? ""}${path}\n`
          : wrongPath(request, path);
        response.writeHead(right ? 426 : 404, {
          "Content-Type": "text/plain; charset=utf-8",
          ...(right ? { Upgrade: "websocket" } : {}),
          Connection: "close",
        });
        response.end(text);
      });
      http.maxConnections = 32;
      http.requestTimeout = handshakeTimeoutMs;
      const sockets = new WebSocketServer({
        noServer: true,
        perMessageDeflate: false,
        skipUTF8Validation: true,
        maxPayload: maxMessageBytes,
      });
      http.on("upgrade", (request, duplex, head) => {
        const socket = duplex as Socket;
        const peer = peerName(socket);
        if (pathOf(request) !== path) {
          const why = wrongPath(request, path).trim();
          rejectUpgrade(socket, 404, "Not Found", why);
          events.state({ type: "refused", peer, why });
          return;
        }
        socket.setKeepAlive(true, keepAliveMs);
        events.offered(offerOf(sockets, maxMessageBytes, request, socket, head, peer));
      });
      const closePort = openPort(http, listenOptions(host, port), host ?? "every address", events);
      return () => {
        closePort();
        http.closeAllConnections();
      };
    },
  };
}

function offerOf(
  sockets: WebSocketServer,
  maxMessageBytes: number,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  peer: string,
): Offer {
  return {
    peer,
    accept(events) {
      let connection: Connection | undefined;
      sockets.handleUpgrade(request, socket, head, (ws) => {
        connection = webSocketConnection(ws, peer, maxMessageBytes, events);
      });
      if (connection) return connection;
      // `ws` itself has answered a malformed handshake, with the reason in the response.
      const error = new TransportError(
        "NALIVE_CONNECT_FAILED",
        `${peer} sent a malformed WebSocket handshake`,
      );
      return failedConnection(events, error, false);
    },
    refuse: (why) => rejectUpgrade(socket, 503, "Service Unavailable", why),
  };
}

/**
 * A WebSocket, connected or connecting, as a connection. Takes binary messages only, and counts
 * text messages.
 */
function webSocketConnection(
  ws: WebSocket,
  peer: string,
  maxMessageBytes: number,
  events: ConnectionEvents,
  host = peer,
): Connection {
  let open = ws.readyState === WebSocket.OPEN;
  let paused = false;
  let closing = false;
  let failure: Error | undefined;
  let textMessages = 0;
  ws.on("upgrade", (response) => {
    response.socket.setNoDelay(true);
    response.socket.setKeepAlive(true, keepAliveMs);
  });
  ws.on("open", () => {
    open = true;
    events.connected(peer);
    if (paused) ws.pause();
  });
  ws.on("message", (data, isBinary) => {
    // With the default binaryType a message is one Buffer, if possible a view of what the socket
    // read.
    if (isBinary) events.data(data as Buffer);
    else if (isPowerOfTen(++textMessages))
      events.state({
        type: "notice",
        message: `${peer} sends text, which is ignored: send H.264 in binary messages (${textMessages} so far)`,
      });
  });
  ws.on("error", (error) => {
    if (systemCode(error) === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") {
      const message = `${peer} sent a message of more than ${maxMessageBytes} bytes (maxMessageBytes)`;
      failure ??= new TransportError("NALIVE_MESSAGE_TOO_LONG", message, { cause: error });
    }
    failure ??= open ? lostError(error, peer) : connectError(error, peer, host);
  });
  ws.on("close", (code, reason) => {
    if (!closing && open) failure ??= closeError(code, reason, peer);
    events.closed(closing ? undefined : failure);
  });
  return {
    pause() {
      paused = true;
      if (open) ws.pause();
    },
    resume() {
      paused = false;
      if (open) ws.resume();
    },
    requestKeyFrame(reason) {
      if (open) ws.send(keyFrameRequest(reason));
    },
    close() {
      if (closing) return;
      closing = true;
      if (!open) return ws.terminate();
      ws.resume();
      ws.close(1000);
      const timer = setTimeout(() => ws.terminate(), closeTimeoutMs);
      ws.once("close", () => clearTimeout(timer));
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").replace(/[?#].*$/s, "");
}

function wrongPath(request: IncomingMessage, path: string): string {
  return `Nothing is at ${printable(pathOf(request))}: this receiver takes its stream at ${path}\n`;
}

/** Answers a WebSocket handshake with an HTTP error in plain text. */
export function rejectUpgrade(socket: Duplex, status: number, phrase: string, text: string): void {
  socket.on("error", () => {});
  socket.once("finish", () => socket.destroy());
  const body = Buffer.from(`${text}\n`);
  const head = `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  socket.end(Buffer.concat([Buffer.from(head), body]));
}

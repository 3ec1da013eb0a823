import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { ErrorCode } from "../../../core/errors.js";
import { fromMilliseconds, type Microseconds } from "../../../core/time.js";
import { writeControlMessage } from "../../../wire/control-message.js";
import { keepAliveMs } from "../../source/sockets/socket-connection.js";
import { rejectUpgrade } from "../../source/sockets/ws.js";
import { type Access, withoutQuery } from "../access/access.js";
import { shownText } from "../access/shown-text.js";
import type { ServeConfig } from "../config/serve-config.js";
import type { Log } from "../log.js";
import { ServeError } from "../serve-error.js";
import type { Publisher } from "../streams/stream-state.js";
import type { Streams } from "../streams/streams.js";
import { endWebSocket } from "./end-web-socket.js";
import { type FollowImages, sendImages } from "./image-session.js";
import { MessageReader } from "./message-reader.js";
import type { Viewers } from "./viewers.js";

/**
 * The server pings a publisher at this interval, µs. The answer shows that a publisher lives that
 * has nothing to send. A kernel that has sent nothing back for a while acknowledges every message
 * (on Linux: a packet that costs 4 µs); one that has sent something acknowledges every second one.
 */
const pingInterval = fromMilliseconds(4000);
/** A peer with this many bytes still to read gets no answers to its pings. */
const unreadBytes = 64 * 1024;
/** Viewers only send short control messages. */
const maxViewerMessageBytes = 16 * 1024;

/** The parts of the server that the WebSockets share. */
interface WebSocketsOptions {
  readonly streams: Streams;
  readonly viewers: Viewers;
  readonly access: Access;
  readonly config: ServeConfig;
  readonly log: Log;
  readonly followImages: FollowImages;
}

/**
 * The WebSockets of a server: `/publish/NAME`, `/streams/NAME/ws` and `/streams/NAME/live.mjpeg`.
 *
 * A browser hides from its page why a handshake was refused. So the server accepts handshakes from
 * allowed origins first; if it must refuse one, it gives the reason in a message and a close code.
 */
export class WebSockets {
  readonly #options: WebSocketsOptions;
  readonly #publishers: WebSocketServer;
  readonly #viewers: WebSocketServer;

  constructor(server: Server, options: WebSocketsOptions) {
    this.#options = options;
    const common = {
      noServer: true,
      perMessageDeflate: false,
      clientTracking: false,
      autoPong: false,
    };
    const { maxMessageBytes } = options.config.bounds;
    this.#publishers = new WebSocketServer({ ...common, maxPayload: maxMessageBytes });
    this.#viewers = new WebSocketServer({ ...common, maxPayload: maxViewerMessageBytes });
    server.on("upgrade", (request, duplex, head) => {
      if (/^websocket$/i.test(request.headers.upgrade ?? "")) this.#upgrade(request, duplex, head);
      else answerWithoutUpgrade(server, request, duplex as Socket);
    });
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const { access, log, config } = this.#options;
    const { maxMessageBytes } = config.bounds;
    const socket = duplex as Socket;
    // As it was sent, because HTTP routes take no `..` and no `//` either.
    const path = withoutQuery(request.url ?? "/");
    const publish = nameIn(/^\/publish\/([^/]+)$/.exec(path));
    const watch = nameIn(/^\/streams\/([^/]+)\/(?:ws|live\.mjpeg)$/.exec(path));
    const peer = access.clientOf(request);
    const isIn = (check: () => void, status: number, phrase: string) => {
      try {
        check();
        return true;
      } catch (error) {
        const { message, code } = error as ServeError;
        log(`${peer} was refused: ${message}`, { peer, code });
        rejectUpgrade(socket, status, phrase, message);
        return false;
      }
    };
    if (!isIn(() => access.checkHost(request), 421, "Misdirected Request")) return;
    if (!isIn(() => access.checkOrigin(request), 403, "Forbidden")) return;
    if (publish === undefined && watch === undefined) {
      const why = "No WebSocket here: publish at /publish/NAME, watch at /streams/NAME/ws";
      rejectUpgrade(socket, 404, "Not Found", why);
      return;
    }
    socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
    const sockets = publish === undefined ? this.#viewers : this.#publishers;
    const reader = publish === undefined ? undefined : new MessageReader(socket, maxMessageBytes);
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on("ping", (data) => {
        if (socket.writableLength < unreadBytes) ws.pong(data);
      });
      try {
        if (reader) this.#publish(ws, reader, peer, publish!, request);
        else this.#watch(ws, socket, peer, watch!, request);
      } catch (error) {
        if (!(error instanceof ServeError)) throw error;
        log(`${peer} was refused: ${error.message}`, {
          stream: shownText(publish ?? watch!),
          peer,
          code: error.code,
        });
        endWebSocket(ws, error);
      }
    });
  }

  #watch(ws: WebSocket, socket: Socket, peer: string, name: string, request: IncomingMessage): void {
    const { access, streams, viewers, followImages, config } = this.#options;
    access.check("view", name, request);
    const stream = streams.get(name);
    if (!withoutQuery(request.url ?? "").endsWith("/live.mjpeg")) {
      viewers.add(ws, socket, peer, stream);
      return;
    }
    ws.on("close", viewers.addReader(stream));
    sendImages(ws, socket, stream, followImages, streams.clock, config);
  }

  #publish(ws: WebSocket, reader: MessageReader, peer: string, name: string, request: IncomingMessage): void {
    const { access, streams, config, log } = this.#options;
    access.check("publish", name, request);
    const { clock } = streams;
    const publisher: Publisher = {
      peer,
      via: "websocket",
      dismiss: (error) => {
        ended = error;
        endWebSocket(ws, error);
      },
      requestKeyFrame: (reason) => ws.send(writeControlMessage({ type: "key-frame-request", reason })),
      isReachable: () => {
        pingSometimes(clock.now());
        const unanswered = askedAt === undefined ? 0 : clock.now() - askedAt;
        return unanswered <= fromMilliseconds(config.bounds.publisherIdleMs);
      },
    };
    const stream = streams.publish(name, publisher);
    log(`${peer} publishes ${name}`, { stream: name, peer });
    /** Why the connection ends; undefined when the publisher just leaves. */
    let ended: (Pick<ServeError, "message"> & { readonly code?: ErrorCode }) | undefined;
    let hasSentText = false;
    let pingedAt = clock.now();
    /** When it was pinged first without having answered since. */
    let askedAt: Microseconds | undefined;
    const pingSometimes = (now: Microseconds) => {
      if (now - pingedAt < pingInterval || ws.readyState !== ws.OPEN) return;
      pingedAt = now;
      askedAt ??= now;
      ws.ping();
    };
    const receive = (data: Uint8Array, isLast: boolean) => {
      const receivedAt = clock.now();
      stream.push(publisher, { data, receivedAt, framing: isLast ? "message" : "part" });
      pingSometimes(receivedAt);
    };
    ws.on("pong", () => (askedAt = undefined));
    const { maxMessageBytes } = config.bounds;
    const tooLong = new ServeError(
      "NALIVE_MESSAGE_TOO_LONG",
      `${peer} sent a message of more than ${maxMessageBytes} bytes (bounds.maxMessageBytes)`,
    );
    reader.start({ onPiece: receive, onTooLong: () => publisher.dismiss(tooLong) });
    ws.on("message", (data, isBinary) => {
      if (isBinary) {
        receive(data as Buffer, true);
        return;
      }
      if (!hasSentText) {
        const text = `${peer} sends text messages, which are ignored: expected H.264 in binary messages`;
        log(text, { stream: name, peer });
      }
      hasSentText = true;
    });
    ws.on("error", (error) => {
      const isTooLong = (error as NodeJS.ErrnoException).code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
      ended = isTooLong ? tooLong : { message: `${peer} is gone: ${error.message}` };
    });
    ws.on("close", () => {
      const left = `${peer} left`;
      const noPicture = stream.detach(publisher, ended?.message ?? left);
      const message = ended?.message ?? (noPicture ? `${left}: ${noPicture.message}` : left);
      const code = ended ? ended.code : noPicture?.code;
      log(message, { stream: name, peer, ...(code ? { code } : {}) });
    });
  }
}

/**
 * Answers a request that offers another protocol, such as HTTP/2 (`curl --http2`), as if it did
 * not: a server may ignore `Upgrade` (RFC 9110, 7.8). Node has let go of the connection, which ends
 * with the answer.
 */
function answerWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    const why = `Upgrade: ${request.headers.upgrade} with a body is not possible: send the request without Upgrade`;
    rejectUpgrade(socket, 400, "Bad Request", why);
    return;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  socket.on("error", () => undefined);
  response.on("finish", () => {
    response.detachSocket(socket);
    socket.destroySoon();
  });
  server.emit("request", request, response);
}

/**
 * The decoded name in a path, or the name unchanged if its encoding is malformed: no stream has a
 * `%` in its name, so it is refused later.
 */
function nameIn(match: RegExpExecArray | null): string | undefined {
  const name = match?.[1];
  try {
    return name && decodeURIComponent(name);
  } catch {
    return name;
  }
}

import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Clock } from "../../../core/time.js";
import { writeControlMessage } from "../../../wire/control-message.js";
import { wireVersion } from "../../../wire/version.js";
import type { ServeConfig } from "../config/serve-config.js";
import { ServeError } from "../serve-error.js";
import type { ServedStream } from "../streams/served-stream.js";
import { endWebSocket } from "./end-web-socket.js";

/** A viewer with this many bytes still to send gets no further image. */
const backlogBytes = 1024 * 1024;
/** Required by `hello`; a viewer of images acknowledges nothing. */
const ackEveryMs = 1000;

/**
 * Calls `take` with every picture of a stream as JPEG.
 * @returns a function that ends this
 */
export type FollowImages = (stream: ServedStream, take: (jpeg: Uint8Array) => void) => () => void;

/**
 * Sends `hello`, then each picture of a stream as JPEG, one per message, until the WebSocket
 * closes. A browser opens only six HTTP connections to a server, but hundreds of WebSockets.
 */
export function sendImages(
  ws: WebSocket,
  socket: Socket,
  stream: ServedStream,
  follow: FollowImages,
  clock: Clock,
  config: ServeConfig,
): void {
  const state = stream.publisher ? "live" : "waiting";
  const hello = { version: wireVersion, stream: stream.name, state, now: clock.now(), ackEveryMs } as const;
  ws.send(writeControlMessage({ type: "hello", ...hello }));
  const endFollowing = follow(stream, (jpeg) => {
    if (ws.readyState !== ws.OPEN || ws.bufferedAmount > backlogBytes) return;
    ws.send(jpeg);
    stream.figures.sent(jpeg.length);
  });
  const endWatching = stream.watch({
    push: () => undefined,
    tell: () => undefined,
    close: (reason) => {
      const ended = () => new ServeError("NALIVE_STREAM_ENDED", "The stream has ended");
      endWebSocket(ws, reason instanceof ServeError ? reason : ended());
    },
  });
  // Node fires this after a time without writes: the viewer takes nothing, or nobody publishes.
  socket.setTimeout(config.bounds.viewerStallMs, () => {
    if (socket.writableLength > 0) ws.terminate();
  });
  ws.on("error", () => undefined);
  ws.on("close", () => {
    endFollowing();
    endWatching();
  });
}

import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { keepAliveMs } from "../../source/sockets/socket-connection.js";
import type { Access } from "../access/access.js";
import { shownText } from "../access/shown-text.js";
import { operations } from "../api/operations.js";
import type { Log } from "../log.js";
import type { ServedStream } from "../streams/served-stream.js";
import type { Publisher } from "../streams/stream-state.js";
import type { Streams } from "../streams/streams.js";
import { addOperation } from "./add-operation.js";
import { answerFailure } from "./error-answer.js";

/**
 * Adds `POST /publish/NAME`, and `PUT` for `curl -T -`. The body is the stream, for as long as it
 * comes. The answer comes at its end, or when the server disconnects the publisher.
 */
export function addPublishingRoutes(app: FastifyInstance, streams: Streams, access: Access, log: Log): void {
  // People open the publishing address in a browser.
  app.get("/publish/:name", async (request, reply) =>
    answerFailure(request, reply.header("Allow", "POST, PUT"), 405, {
      code: "NALIVE_INVALID_ARGUMENT",
      message: "Cameras publish here, by POST, PUT or WebSocket: watch the stream at /watch/NAME",
    }),
  );
  for (const operation of [operations.publishByPost, operations.publishByPut]) {
    addOperation(app, operation, access, {
      about: ({ name }) => name,
      run: ({ name }, { raw }) => publish(name, raw, access.clientOf(raw), streams, log),
      // Some senders, such as ffmpeg, do not print the answer: the log has the reason.
      onRefused: ({ name }, { raw }, { message, code }) => {
        const peer = access.clientOf(raw);
        log(`${peer} was refused: ${message}`, { stream: shownText(name), peer, code });
      },
    });
  }
}

/** Publishes the body to its end. @throws ServeError if the publisher is refused or disconnected */
async function publish(
  name: string,
  raw: IncomingMessage,
  peer: string,
  streams: Streams,
  log: Log,
): Promise<{ readonly message: string }> {
  // A publisher may have nothing to send for long: the system notices when its connection is dead.
  raw.socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
  const { clock } = streams;
  const why = await new Promise<string>((resolve, reject) => {
    const publisher: Publisher = { peer, via: "http", dismiss: reject };
    const stream: ServedStream = streams.publish(name, publisher);
    log(`${peer} publishes ${name}`, { stream: name, peer });
    let bytes = 0;
    raw.on("data", (data: Buffer) => {
      bytes += data.length;
      stream.push(publisher, { data, receivedAt: clock.now(), framing: "none" });
    });
    raw.on("end", () => {
      const why = `${peer} left after ${bytes} bytes`;
      const nothing = stream.detach(publisher, why);
      if (nothing) reject(nothing);
      else resolve(why);
    });
    // Does nothing after `end` or a refusal.
    raw.on("close", () => {
      const why = `${peer} is gone: its connection broke`;
      stream.detach(publisher, why);
      resolve(why);
    });
    raw.on("error", () => undefined);
  });
  log(why, { stream: name, peer });
  return { message: `${name} has ended` };
}

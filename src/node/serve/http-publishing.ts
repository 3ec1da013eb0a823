import type { FastifyInstance } from "fastify";
import { peerName } from "../source/tcp.js";
import type { Access } from "./access.js";
import type { Log } from "./log.js";
import { ServeError } from "./serve-error.js";
import type { Publisher, ServedStream } from "./served-stream.js";
import type { Streams } from "./streams.js";

/**
 * `POST /publish/NAME`, and `PUT` for `curl -T -`: the body is the stream, for as long as it comes. Answered when it ends, or
 * when the publisher is sent away.
 */
export function addPublishingRoutes(app: FastifyInstance, streams: Streams, access: Access, log: Log): void {
  const orRefuse = <T>(peer: string, stream: string, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      if (error instanceof ServeError) {
        log(`${peer} was refused: ${error.message}`, { stream: stream.slice(0, 64), peer, code: error.code });
      }
      throw error;
    }
  };
  app.route<{ Params: { name: string } }>({
    method: ["POST", "PUT"],
    url: "/publish/:name",
    onRequest: async ({ raw, params: { name } }) =>
      orRefuse(peerName(raw.socket), name, () => access.check("publish", name, raw)),
    handler: async ({ raw, params: { name } }, reply) => {
      const peer = peerName(raw.socket);
      raw.socket.setNoDelay(true);
      const { clock } = streams;
      const ended = new Promise<{ error: ServeError | undefined; why: string }>((resolve) => {
        const publisher: Publisher = {
          peer,
          via: "http",
          dismiss: (error) => resolve({ error, why: error.message }),
        };
        const stream: ServedStream = orRefuse(peer, name, () => streams.publish(name, publisher));
        log(`${peer} publishes ${name}`, { stream: name, peer });
        let bytes = 0;
        raw.on("data", (data: Buffer) => {
          bytes += data.length;
          stream.push(publisher, { data, receivedAt: clock.now(), framing: "none" });
        });
        const leave = (why: string) => {
          stream.detach(publisher, why);
          resolve({ error: undefined, why });
        };
        raw.on("end", () => leave(`${peer} has left after ${bytes} bytes`));
        raw.on("close", () => leave(`${peer} is gone: the connection broke`));
        raw.on("error", () => undefined);
      });
      const { error, why } = await ended;
      log(why, { stream: name, peer, ...(error ? { code: error.code } : {}) });
      if (error) throw error;
      return reply.send({ message: `${name} has ended` });
    },
  });
}

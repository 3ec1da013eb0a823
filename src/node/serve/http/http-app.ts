import type { Socket } from "node:net";
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import type { Logger } from "pino";
import { NaliveError } from "../../../core/errors.js";
import { type Access, withoutQuery } from "../access/access.js";
import type { ServeConfig } from "../config/serve-config.js";
import { tlsCredentials } from "../config/tls.js";
import { ServeError } from "../serve-error.js";

/** A server that stops cuts the connections that are left after this long, ms: viewers that do not answer, handshakes that never end. */
const closingMs = 1500;

/**
 * The HTTP side of a server, without routes: who may ask, how errors are told, what is logged.
 * @throws NaliveError `NALIVE_NO_SUCH_FILE` or `NALIVE_INVALID_CONFIG` for a certificate that cannot be used
 */
export function createHttpApp(config: ServeConfig, access: Access, logger: Logger): FastifyInstance {
  const credentials = tlsCredentials(config);
  if (credentials?.fingerprint) logger.info(`made a certificate; its SHA-256 is ${credentials.fingerprint}`);
  const tellError = (
    error: Error & { statusCode?: number },
    request: FastifyRequest,
    reply: FastifyReply,
  ) => {
    const isKnown = error instanceof NaliveError;
    const status = error instanceof ServeError ? error.status : (error.statusCode ?? 500);
    if (status >= 500 && !isKnown) logger.error(error);
    const message =
      status >= 500 && !isKnown ? "something failed in the server; its log says what" : error.message;
    // What a publisher still sends is not waited for.
    if (request.method !== "GET") reply.header("Connection", "close");
    return reply.status(status).send({ code: isKnown ? error.code : "NALIVE_INVALID_ARGUMENT", message });
  };
  const { httpIdleMs } = config.bounds;
  // Who connects and asks nothing is idle, too; Node would look for such connections twice a minute only.
  const asks = { headersTimeout: httpIdleMs, connectionsCheckingInterval: Math.min(httpIdleMs, 5000) };
  const app = fastify({
    forceCloseConnections: true,
    keepAliveTimeout: httpIdleMs,
    // What is no address at all: % without two digits, a part of more than 100 characters. The error's message repeats all of it.
    frameworkErrors: ({ statusCode = 400 }: FastifyError, { url }: FastifyRequest, reply: FastifyReply) =>
      reply.status(statusCode).send({
        code: "NALIVE_INVALID_ARGUMENT",
        message: `${withoutQuery(url).slice(0, 100)} is no address here: expected names of up to 100 characters, and two digits after each %`,
      }),
    ...(credentials ? { https: { ...credentials, ...asks, handshakeTimeout: httpIdleMs } } : { http: asks }),
  } as FastifyServerOptions) as FastifyInstance;
  const sockets = new Set<Socket>();
  app.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  app.addHook("preClose", async () => {
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, closingMs).unref();
  });
  // A body is never gathered: it is a stream, or there is none.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.addHook("onRequest", async (request, reply) => {
    access.checkHost(request.raw);
    const { origin } = request.headers;
    if (origin !== undefined && access.isForeignAllowed(origin)) {
      reply.header("Access-Control-Allow-Origin", origin).header("Vary", "Origin");
    }
    const { method } = request;
    if (method === "OPTIONS" && origin !== undefined && access.isForeignAllowed(origin)) {
      reply.header("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
      return reply.header("Access-Control-Allow-Headers", "Authorization").status(204).send();
    }
    const changes = method !== "GET" && method !== "HEAD";
    if (changes && !access.isOriginAllowed(request.raw)) {
      throw new ServeError(
        "NALIVE_NOT_ALLOWED",
        "pages of this origin may not use this server (allowedOrigins)",
      );
    }
    return undefined;
  });
  app.addHook("onResponse", async ({ method, url }, { statusCode }) => {
    logger.debug({ method, url: withoutQuery(url), status: statusCode }, "request");
  });
  app.setErrorHandler(tellError);
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      code: "NALIVE_INVALID_ARGUMENT",
      message: `nothing is at ${request.method} ${withoutQuery(request.url).slice(0, 200)}: /api/openapi.json says what there is`,
    }),
  );
  return app;
}

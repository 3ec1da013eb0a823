import type { Socket } from "node:net";
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import type { Logger } from "pino";
import { type ErrorCode, NaliveError } from "../../../core/errors.js";
import type { Access } from "../access/access.js";
import { shownText } from "../access/shown-text.js";
import type { ServeConfig } from "../config/serve-config.js";
import { tlsCredentials } from "../config/tls.js";
import { ServeError } from "../serve-error.js";
import { answerFailure } from "./error-answer.js";
import { addSecurityHeaders } from "./security-headers.js";

/**
 * A stopping server cuts the remaining connections after this time, ms: viewers that do not answer,
 * unfinished handshakes.
 */
const closingMs = 1500;

/**
 * Makes the HTTP side of a server without its routes: who gets in, how errors are answered, what is
 * logged.
 * @throws NaliveError `NALIVE_NO_SUCH_FILE` or `NALIVE_INVALID_CONFIG` for an unusable certificate
 */
export function createHttpApp(config: ServeConfig, access: Access, logger: Logger): FastifyInstance {
  const credentials = tlsCredentials(config);
  if (credentials?.own) {
    const { origin, path, fingerprint } = credentials.own;
    const what = origin === "kept" ? `Uses the certificate ${path}` : "Made a certificate";
    logger.info(`${what} with the SHA-256 fingerprint ${fingerprint}`);
    if (origin === "unsaved")
      logger.warn(`Cannot write ${path}: browsers ask about another certificate after each start`);
  }
  const answerError = (
    error: Error & { statusCode?: number },
    request: FastifyRequest,
    reply: FastifyReply,
  ) => {
    const isKnown = error instanceof NaliveError;
    const status = error instanceof ServeError ? error.status : (error.statusCode ?? 500);
    if (status >= 500 && !isKnown) logger.error(error);
    const message = status >= 500 && !isKnown ? "The server failed: its log has the cause" : error.message;
    // A publisher may still be sending: do not wait for the rest.
    if (request.method !== "GET") reply.header("Connection", "close");
    return answerFailure(request, reply, status, {
      code: isKnown ? error.code : "NALIVE_INVALID_ARGUMENT",
      message,
    });
  };
  const { httpIdleMs } = config.bounds;
  // A connection without a request is idle, too. Node by itself looks for those twice a minute
  // only.
  const requests = { headersTimeout: httpIdleMs, connectionsCheckingInterval: Math.min(httpIdleMs, 5000) };
  const app = fastify({
    forceCloseConnections: true,
    keepAliveTimeout: httpIdleMs,
    // A malformed address: % without two digits, or a name of more than 100 characters. The message
    // of the framework would repeat all of it, with the token.
    frameworkErrors: ({ statusCode = 400 }: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      answerFailure(request, reply, statusCode, {
        code: "NALIVE_INVALID_ARGUMENT",
        message: `Malformed address ${shownText(request.url, 100)}: expected names of up to 100 characters, and two hexadecimal digits after each %`,
      }),
    ...(credentials
      ? { https: { cert: credentials.cert, key: credentials.key, ...requests, handshakeTimeout: httpIdleMs } }
      : { http: requests }),
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
  // No body is collected: a publisher's body is a stream, and other requests have none.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  addSecurityHeaders(app, access);
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
    if (changes) access.checkOrigin(request.raw);
    return undefined;
  });
  app.addHook("onResponse", async ({ method, url }, { statusCode }) => {
    logger.debug({ method, url: shownText(url, 200), status: statusCode }, "request");
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    answerFailure(request, reply, 404, {
      code: "NALIVE_NO_SUCH_ADDRESS" satisfies ErrorCode,
      message: `No such address: ${request.method} ${shownText(request.url, 200)}. /api/openapi.json lists all of them`,
    }),
  );
  return app;
}

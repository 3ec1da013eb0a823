import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import type { Logger } from "pino";
import { NaliveError } from "../../core/errors.js";
import { type Access, withoutQuery } from "./access.js";
import { ownHosts, selfSignedCertificate } from "./self-signed.js";
import type { ServeConfig } from "./serve-config.js";
import { ServeError } from "./serve-error.js";

/**
 * The HTTP side of a server, without routes: who may ask, how errors are told, what is logged.
 * @throws NaliveError `NALIVE_NO_SUCH_FILE` or `NALIVE_INVALID_CONFIG` for a certificate that cannot be used
 */
export function createHttpApp(config: ServeConfig, access: Access, logger: Logger): FastifyInstance {
  const app = fastify({
    forceCloseConnections: true,
    keepAliveTimeout: config.bounds.httpIdleMs,
    ...tlsOptions(config, logger),
  } as FastifyServerOptions) as FastifyInstance;
  // Who connects and asks nothing is idle, too.
  app.server.headersTimeout = config.bounds.httpIdleMs;
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
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const isKnown = error instanceof NaliveError;
    const status = error instanceof ServeError ? error.status : (error.statusCode ?? 500);
    if (status >= 500 && !isKnown) logger.error(error);
    const message =
      status >= 500 && !isKnown ? "something failed in the server; its log says what" : error.message;
    // What a publisher still sends is not waited for.
    if (request.method !== "GET") reply.header("Connection", "close");
    return reply.status(status).send({ code: isKnown ? error.code : "NALIVE_INVALID_ARGUMENT", message });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      code: "NALIVE_INVALID_ARGUMENT",
      message: `nothing is at ${request.method} ${withoutQuery(request.url).slice(0, 200)}: /api/openapi.json says what there is`,
    }),
  );
  return app;
}

function tlsOptions({ tls, host }: ServeConfig, logger: Logger) {
  if (tls === undefined) return {};
  if (tls === "self-signed") {
    const { cert, key, fingerprint } = selfSignedCertificate(ownHosts(host));
    logger.info(`made a certificate; its SHA-256 is ${fingerprint}`);
    return { https: { cert, key } };
  }
  const https = readCertificate(tls);
  try {
    createSecureContext(https);
  } catch (cause) {
    throw new NaliveError(
      "NALIVE_INVALID_CONFIG",
      `tls: ${tls.cert} and ${tls.key} are no certificate and its key: ${(cause as Error).message}`,
      { cause },
    );
  }
  return { https };
}

function readCertificate({ cert, key }: { readonly cert: string; readonly key: string }) {
  try {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } catch (cause) {
    throw new NaliveError(
      "NALIVE_NO_SUCH_FILE",
      `cannot read ${(cause as NodeJS.ErrnoException).path}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

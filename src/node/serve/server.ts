import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { type Logger, pino } from "pino";
import { NaliveError } from "../../core/errors.js";
import { listenError } from "../source/socket-errors.js";
import type { Source } from "../source/source.js";
import { Access, withoutToken } from "./access.js";
import { addApiRoutes } from "./api.js";
import { tokenAuthorize } from "./authorize.js";
import { addPublishingRoutes } from "./http-publishing.js";
import { Metrics } from "./metrics.js";
import { addPages } from "./pages.js";
import { Reading } from "./reading.js";
import { Recordings } from "./recordings.js";
import { ownHosts, selfSignedCertificate } from "./self-signed.js";
import type { ServeConfig } from "./serve-config.js";
import { ServeError } from "./serve-error.js";
import { publishSource } from "./source-publisher.js";
import { Streams } from "./streams.js";
import { Viewers } from "./viewers.js";
import { WebSockets } from "./web-sockets.js";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** A running server. */
export interface RunningServer {
  /** Where it is, such as `http://127.0.0.1:8264`. */
  readonly url: string;
  /** Ends it: publishers and viewers are told, recordings are closed, the port is free when it resolves. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a server: publishers → streams → viewers and readers. Everything up to the viewers' sockets happens in this
 * thread, in one call stack; nothing is decoded here.
 *
 * @param config all of it, as `readServeConfig` gives it
 * @throws NaliveError when the port cannot be opened, or a source's address makes no sense
 */
export async function startServer(config: ServeConfig): Promise<RunningServer> {
  const logger = pino({ level: config.log, base: null });
  const log = (text: string) => logger.info(text);
  const app = fastify({
    forceCloseConnections: true,
    keepAliveTimeout: config.bounds.httpIdleMs,
    ...tlsOptions(config, log),
  } as FastifyServerOptions);

  const access = new Access(
    tokenAuthorize({ publish: config.publish.token, view: config.view.token }),
    config.allowedOrigins,
  );
  const streams = new Streams(config);
  const viewers = new Viewers(config, streams.clock);
  setUpRequests(app, access, logger);
  addPublishingRoutes(app, streams, access, log); //                      publishers: POST, PUT
  new WebSockets(app.server, { streams, viewers, access, config, log }); // publishers and viewers on WebSockets

  const reading = new Reading(streams, viewers, access, config);
  const recordings = new Recordings(config.recording, streams.clock, log);
  const metrics = new Metrics(streams, viewers);
  streams.onOpened = (stream) => recordings.opened(stream);
  streams.onClosed = (stream) => {
    reading.forget(stream);
    recordings.forget(stream);
  };
  await addPages(app, streams);
  reading.addRoutes(app); //                                              readers: H.264, MP4, JPEG
  addApiRoutes(app, { streams, viewers, reading, recordings, metrics, access, version });

  const sources = openSources(config, streams, log); //                   publishers: what the server fetches itself
  const timer = setInterval(() => {
    streams.tick();
    viewers.tick();
  }, 1000);

  const stop = async () => {
    clearInterval(timer);
    streams.close(new ServeError("NALIVE_SERVER_STOPPING", "the server is stopping"));
    await Promise.all([reading.close(), recordings.close(), ...sources.map((source) => source.stop())]);
    await app.close();
  };
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    await stop();
    throw listenError(error, config.host, config.port, "tcp");
  }
  return { url: urlOf(app.server, config), stop: once(stop) };
}

/** @throws NaliveError `NALIVE_NO_SUCH_FILE` for a certificate that cannot be read */
function tlsOptions({ tls, host }: ServeConfig, log: (text: string) => void) {
  if (tls === undefined) return {};
  if (tls === "self-signed") {
    const { cert, key, fingerprint } = selfSignedCertificate(ownHosts(host));
    log(`made a certificate; its SHA-256 is ${fingerprint}`);
    return { https: { cert, key } };
  }
  try {
    return { https: { cert: readFileSync(tls.cert), key: readFileSync(tls.key) } };
  } catch (cause) {
    throw new NaliveError(
      "NALIVE_NO_SUCH_FILE",
      `cannot read ${(cause as NodeJS.ErrnoException).path}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function openSources(config: ServeConfig, streams: Streams, log: (text: string) => void): Source[] {
  return Object.entries(config.sources).map(([name, url]) =>
    publishSource(streams.openPermanent(name), url, config.bounds.maxMessageBytes, (text) =>
      log(`${name}: ${text}`),
    ),
  );
}

function setUpRequests(app: FastifyInstance, access: Access, logger: Logger): void {
  // A body is never gathered: it is a stream, or there is none.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.addHook("onRequest", async (request, reply) => {
    const { origin } = request.headers;
    if (origin !== undefined && access.isForeignAllowed(origin)) {
      reply.header("Access-Control-Allow-Origin", origin).header("Vary", "Origin");
    }
    const changes = request.method !== "GET" && request.method !== "HEAD";
    if (changes && !access.isOriginAllowed(request.raw)) {
      throw new ServeError(
        "NALIVE_NOT_ALLOWED",
        "pages of this origin may not use this server (allowedOrigins)",
      );
    }
  });
  app.addHook("onResponse", async ({ method, url }, { statusCode }) => {
    logger.debug({ method, url: withoutToken(url), status: statusCode }, "request");
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
      message: `nothing is at ${request.method} ${withoutToken(request.url).slice(0, 200)}: /api/openapi.json says what there is`,
    }),
  );
}

function urlOf(server: Server, config: ServeConfig): string {
  const { address, port } = server.address() as AddressInfo;
  const isEverywhere = address === "0.0.0.0" || address === "::";
  const host = isEverywhere ? "localhost" : address.includes(":") ? `[${address}]` : address;
  return `${config.tls ? "https" : "http"}://${host}:${port}`;
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= run());
}

import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as TlsServer } from "node:tls";
import { NaliveError } from "../../core/errors.js";
import { listenError } from "../source/sockets/socket-errors.js";
import { Access } from "./access/access.js";
import { completeConfig } from "./config/read-config.js";
import { reconfigure } from "./config/reconfigure.js";
import type { ServeConfig, ServeConfigInput, ServerOptions } from "./config/serve-config.js";
import { tlsCredentials } from "./config/tls.js";
import { addApiRoutes } from "./http/api-routes.js";
import { createHttpApp } from "./http/http-app.js";
import { addPublishingRoutes } from "./http/http-publishing.js";
import { Metrics } from "./http/metrics.js";
import { addPages } from "./http/pages.js";
import { ReaderRoutes } from "./http/reader-routes.js";
import { createLogger, logTo } from "./log.js";
import { Recordings } from "./recording/recordings.js";
import { ServeError } from "./serve-error.js";
import { Viewers } from "./sockets/viewers.js";
import { WebSockets } from "./sockets/web-sockets.js";
import { Sources } from "./streams/sources.js";
import { Streams } from "./streams/streams.js";
import { TestCamera } from "./streams/test-camera.js";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/**
 * A running server. The caller stops it with `stop`, `await using`, or the signal given to
 * `startServer`.
 */
export interface RunningServer extends AsyncDisposable {
  /** Its address, such as `http://127.0.0.1:8264`. */
  readonly url: string;
  /**
   * Stops the server: disconnects publishers and viewers and tells them why, completes recordings.
   * The port is free when the promise resolves. Further calls return the same promise.
   */
  stop(): Promise<void>;
}

/** A running server, and what only the command does with it. */
export interface ServerProcess {
  readonly server: RunningServer;
  /**
   * Goes on with another configuration. Nobody is disconnected, except those who watch a source
   * that it no longer has. `host` and `port` stay as they are until a restart, and streams that are
   * open keep the bounds of their memory.
   *
   * @throws NaliveError `NALIVE_INVALID_CONFIG` or `NALIVE_NO_SUCH_FILE`, and nothing changes
   */
  reconfigure(input: ServeConfigInput): Promise<void>;
}

/**
 * Starts a server: publishers → streams → viewers and readers. Everything up to the viewers'
 * sockets happens in this thread, in one call stack; nothing is decoded here.
 *
 * @param options the fields of nalive.yaml, each with the same rules and default, and `signal`
 * @returns the server, once it listens
 * @throws NaliveError `NALIVE_INVALID_CONFIG`, which names each field that is wrong;
 *   `NALIVE_PORT_IN_USE`, `NALIVE_LISTEN_FAILED` or `NALIVE_PERMISSION_DENIED` if it cannot listen;
 *   `NALIVE_NO_SUCH_FILE` for a certificate. If `signal` is aborted before the server listens: its
 *   reason.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  return (await runServer(options)).server;
}

/** Starts a server whose configuration can change; see `startServer`. */
export async function runServer(options: ServerOptions): Promise<ServerProcess> {
  const { signal, ...input } = options;
  const config = completeConfig(input);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new NaliveError("NALIVE_INVALID_CONFIG", "options: signal: Expected an AbortSignal");
  }
  signal?.throwIfAborted();
  const logger = createLogger(config.log);
  const log = logTo(logger);

  const access = new Access(config);
  const streams = new Streams(config);
  const viewers = new Viewers(config, streams.clock);
  const app = createHttpApp(config, access, logger);
  addPublishingRoutes(app, streams, access, log); //                     publishers: POST, PUT
  const reading = new ReaderRoutes(streams, viewers, access, config);
  const { followImages } = reading;
  // both: WebSockets
  new WebSockets(app.server, { streams, viewers, access, config, log, followImages });

  const recordings = new Recordings(config.recording, streams.clock, log);
  const metrics = new Metrics(streams, viewers);
  recordings.completeUnfinished();
  streams.onOpened = (stream) => recordings.opened(stream);
  streams.onClosed = (stream) => {
    reading.forget(stream);
    recordings.forget(stream);
  };
  await addPages(app, streams, access);
  reading.addRoutes(app); //                                             readers: H.264, MP4, JPEG
  const testCamera = new TestCamera(streams, log); //                     a publisher on request
  addApiRoutes(app, { streams, viewers, reading, recordings, metrics, testCamera, access, version });

  const sources = new Sources(config, streams, log); //                   publishers it connects to
  const timer = setInterval(() => {
    streams.tick();
    viewers.tick();
  }, 1000);

  const stop = once(async () => {
    signal?.removeEventListener("abort", stop);
    clearInterval(timer);
    streams.close(new ServeError("NALIVE_SERVER_STOPPING", "The server is stopping"));
    await Promise.all([testCamera.stop(), reading.close(), recordings.close(), sources.stop()]);
    await app.close();
  });
  try {
    const [failure] = await sources.apply();
    if (failure) throw failure;
    await app.listen({ host: config.host, port: config.port });
    signal?.throwIfAborted();
  } catch (error) {
    await stop();
    if (signal?.aborted || error instanceof NaliveError) throw error;
    throw listenError(error, config.host, config.port, "tcp");
  }
  signal?.addEventListener("abort", stop);
  const change = async (changed: ServeConfigInput) => {
    const next = completeConfig(changed);
    const credentials = tlsCredentials(next);
    const fixed = reconfigure(config, next);
    if (credentials && app.server instanceof TlsServer) app.server.setSecureContext(credentials);
    else if (credentials || app.server instanceof TlsServer) fixed.push("tls");
    logger.level = config.log;
    access.configure(config);
    for (const stream of streams.list()) recordings.opened(stream);
    log("The server goes on with another configuration", {});
    if (fixed.length > 0) log(`Only a restart changes ${fixed.join(", ")}`, {}, "warn");
    for (const { message, code } of await sources.apply()) log(message, { code });
  };
  const server = { url: urlOf(app.server, config), stop, [Symbol.asyncDispose]: stop };
  return { server, reconfigure: change };
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

import { setFlagsFromString } from "node:v8";
import type { ServerOptions } from "../node/serve/config/serve-config.js";
import { type RunningServer, runServer, type ServerProcess } from "../node/serve/server.js";
import { onStopSignal } from "./stop-signals.js";

/**
 * A server frees nearly all of its memory after each picture, which V8 does not expect. By itself
 * V8 marks the whole heap for every 8 MiB received, which takes 20 ms, and allocates the newest
 * pictures of a hundred streams as long-lived objects. With these flags it marks once the heap has
 * grown to four times what was in use, and treats new objects as short-lived.
 */
const garbageCollection = "--heap-growing-percent=300 --no-allocation-site-pretenuring";

/** Starts a server in a process that does nothing else; see `startServer`. */
export async function startServerProcess(options: ServerOptions): Promise<RunningServer> {
  return (await runServerProcess(options)).server;
}

/** The same, with a configuration that can change. */
export function runServerProcess(options: ServerOptions): Promise<ServerProcess> {
  setFlagsFromString(garbageCollection);
  return runServer(options);
}

/** Time for what the server still has to write, such as its log, ms. */
const lastWritesMs = 1000;

/**
 * Resolves once a signal has stopped the server (`onStopSignal`). The process then ends by itself,
 * or soon where nobody takes its log.
 */
export async function untilStopped(server: Pick<RunningServer, "stop">): Promise<void> {
  await new Promise<void>((resolve) => onStopSignal(resolve));
  await server.stop();
  setTimeout(() => process.exit(), lastWritesMs).unref();
}

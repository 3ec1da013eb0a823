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

/** Resolves once a signal has stopped the server (`onStopSignal`). */
export function untilStopped(server: Pick<RunningServer, "stop">): Promise<void> {
  return new Promise((resolve, reject) => {
    onStopSignal(() => void server.stop().then(resolve, reject));
  });
}

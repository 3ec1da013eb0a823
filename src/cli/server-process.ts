import { setFlagsFromString } from "node:v8";
import type { ServeConfig } from "../node/serve/config/serve-config.js";
import { type RunningServer, startServer } from "../node/serve/server.js";
import { onStopSignal } from "./stop-signals.js";

/**
 * Nearly all memory of a server is free again after a picture, which V8 does not expect: by itself it marks the whole heap for
 * every 8 MiB received, 20 ms each, and allocates what a hundred streams hold of their newest pictures as if it stayed.
 * So it marks when the heap has grown to four times what was in use, and lets young objects be young.
 */
const garbageCollection = "--heap-growing-percent=300 --no-allocation-site-pretenuring";

/** Starts a server in a process that is for nothing else: see `startServer`. */
export function startServerProcess(config: ServeConfig): Promise<RunningServer> {
  setFlagsFromString(garbageCollection);
  return startServer(config);
}

/** Waits for the signal to end, and ends (`onStopSignal`). */
export function untilStopped(server: Pick<RunningServer, "stop">): Promise<void> {
  return new Promise((resolve, reject) => {
    onStopSignal(() => void server.stop().then(resolve, reject));
  });
}

import { closeSync, openSync } from "node:fs";

/**
 * Calls `reload` on each SIGHUP, as `kill -HUP` and service managers send it. A terminal that is
 * closed sends the same signal to its programs: then calls `stop`.
 *
 * @returns ends this
 */
export function onReloadSignal(reload: () => void, stop: () => void): () => void {
  const hadTerminal = hasTerminal();
  const hear = () => {
    if (hadTerminal && !hasTerminal()) stop();
    else reload();
  };
  process.on("SIGHUP", hear);
  return () => void process.off("SIGHUP", hear);
}

/** True while this process belongs to a terminal. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const timeoutMs = 20_000;

/**
 * Waits until a process listens on a TCP port. Connecting to find out would use up the one sender
 * that ffmpeg takes.
 *
 * @param {number} port
 * @param {() => boolean} hasEnded true when the process has ended
 */
export async function waitUntilListening(port, hasEnded) {
  const deadline = performance.now() + timeoutMs;
  while (!isListening(port)) {
    if (hasEnded()) throw new Error("The process ended before it listened");
    if (performance.now() > deadline) throw new Error(`Nothing listens on port ${port}`);
    await sleep(20);
  }
}

/** @param {number} port */
function isListening(port) {
  const address = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const listen = "0A";
  return ["/proc/net/tcp", "/proc/net/tcp6"].some((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .some(([, local, , state]) => local?.endsWith(address) && state === listen),
  );
}

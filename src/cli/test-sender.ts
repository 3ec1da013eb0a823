import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Bytes of a piece: about one TCP segment, so that no picture comes whole. */
export const shredBytes = 1400;

/**
 * The built-in test camera in a process of its own, which sends to `target` in pieces of
 * `shredBytes`. It ends when the receiver is gone; the caller kills it.
 */
export function startTestSender(target: string): ChildProcess {
  const cli = fileURLToPath(new URL("main.js", import.meta.url));
  const options = ["--chunk", String(shredBytes), "--quiet", "--no-reconnect"];
  return spawn(process.execPath, [cli, "send", "test:", target, ...options], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

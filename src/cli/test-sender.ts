import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Size of the pieces in bytes: about one TCP segment, so that no picture arrives whole. */
export const shredBytes = 1400;

/**
 * Starts a process in which the built-in test camera sends to `target` in pieces of `shredBytes`.
 * It ends when the receiver leaves; the caller kills it before that.
 */
export function startTestSender(target: string): ChildProcess {
  const cli = fileURLToPath(new URL("main.js", import.meta.url));
  const options = ["--chunk", String(shredBytes), "--quiet", "--no-reconnect"];
  return spawn(process.execPath, [cli, "send", "test:", target, ...options], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

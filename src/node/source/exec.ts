import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { TransportError } from "../../core/errors.js";
import type { Dialer, Link, LinkEvents } from "./link.js";
import { messageOf } from "./socket-errors.js";
import { withoutSecrets } from "./url-parts.js";

const stderrBytesKept = 4096;
const stderrLinesShown = 5;
/** A command told to end is killed after this long. */
const graceMs = 1000;
/** Dying of it takes no longer than this. */
const afterKillMs = 200;
const pollMs = 20;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Runs a shell command and reads its standard output. It gets a process group of its own, killed as a whole. */
export function execDialer(command: string): Dialer {
  return { framing: "none", dial: (events) => runCommand(command, events) };
}

function runCommand(command: string, events: LinkEvents): Link {
  const child: Child = spawn(command, {
    shell: true,
    // A group of its own, so that all of a pipeline can be killed. On Windows it would open a console instead.
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  let stderr = "";
  let gotData = false;
  let closing = false;
  let closed = false;
  let startError: Error | undefined;
  // nalive may end without stop(): the command must not outlive it.
  const killAtExit = () => signalGroup(child, "SIGKILL");
  process.once("exit", killAtExit);

  const finish = (error?: Error, over = false) => {
    if (closed) return;
    closed = true;
    process.off("exit", killAtExit);
    events.closed(error, over);
  };
  child.on("spawn", () => events.connected(`command ${shortened(command)}`));
  child.on("error", (error) => {
    startError = error;
    if (child.pid === undefined)
      finish(commandError(command, `cannot be started: ${messageOf(error)}`, ""), true);
  });
  child.stdout.on("data", (bytes: Buffer) => {
    gotData = true;
    events.data(bytes);
  });
  child.stdout.on("error", () => {});
  child.stderr.on("error", () => {});
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-stderrBytesKept);
  });
  child.on("close", (code, signal) => {
    if (closing) return void whenGroupGone(child, Date.now() + graceMs, finish);
    if (code === 0) return finish();
    const how = signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
    // The shell's own codes for "no such command" and "not executable": trying again would not help.
    const hopeless = !gotData && (code === 126 || code === 127);
    finish(commandError(command, how, stderr, startError), hopeless);
  });
  return {
    pause: () => void child.stdout.pause(),
    resume: () => void child.stdout.resume(),
    close() {
      if (closing) return;
      closing = true;
      signalGroup(child, "SIGTERM");
      const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
      child.once("exit", () => clearTimeout(timer));
      // A process that left the group may hold the pipes open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function commandError(command: string, how: string, stderr: string, cause?: Error): TransportError {
  const lines = stderr.trimEnd().split("\n").slice(-stderrLinesShown).join("\n  ");
  const said = stderr.trim() === "" ? "; it said nothing" : `; it said:\n  ${withoutSecrets(lines)}`;
  return new TransportError("NALIVE_COMMAND_FAILED", `the command ${shortened(command)} ${how}${said}`, {
    cause,
  });
}

function shortened(command: string): string {
  const shown = withoutSecrets(command);
  return `"${shown.length > 80 ? `${shown.slice(0, 79)}…` : shown}"`;
}

/** @returns false when nobody is left in the group */
function signalGroup(child: Child, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    if (process.platform === "win32") return child.kill(signal);
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/** The shell is gone, but the rest of a pipeline may still be ending; it is killed at `deadline` (of `Date.now`). */
function whenGroupGone(child: Child, deadline: number, done: () => void): void {
  const late = Date.now() - deadline;
  const gone = process.platform === "win32" || !signalGroup(child, late >= 0 ? "SIGKILL" : 0);
  // Where nobody reaps orphans, as in some containers, the dead stay in the group for ever.
  if (gone || late >= afterKillMs) done();
  else setTimeout(() => whenGroupGone(child, deadline, done), pollMs);
}

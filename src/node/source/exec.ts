import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { TransportError } from "../../core/errors.js";
import {
  type Connection,
  type ConnectionEvents,
  type Dialer,
  failedConnection,
  noConnection,
} from "./connection.js";
import { messageOf } from "./sockets/socket-errors.js";
import { withoutSecrets } from "./url-parts.js";

/** Characters. */
const stderrLengthKept = 4096;
const stderrLinesShown = 5;
/** A command that is asked to end is killed after this time. */
const graceMs = 1000;
/** A killed command ends within this time. */
const afterKillMs = 200;
const pollMs = 20;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Runs a shell command in its own process group, which is killed as a whole, and reads its standard
 * output.
 */
export function execDialer(command: string): Dialer {
  return { framing: "none", dial: (events) => runCommand(command, events) };
}

/** Commands that run. They must not outlive nalive, even when it ends without `stop()`. */
const running = new Set<Child>();

function killRunning(): void {
  for (const child of running) signalGroup(child, "SIGKILL");
}

/** A command needs no token of the server that runs it. */
function withoutTokens(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^NALIVE_.*TOKEN$/.test(name)));
}

function runCommand(command: string, events: ConnectionEvents): Connection {
  const notStarted = (cause: unknown) => {
    const message = `Cannot start the command ${shortened(command)}: ${messageOf(cause)}`;
    return new TransportError("NALIVE_COMMAND_FAILED", message, { cause });
  };
  let child: Child;
  try {
    child = spawn(command, {
      shell: true,
      env: withoutTokens(process.env),
      // Makes a process group, so that a whole pipeline can be killed. On Windows it would open a
      // console.
      detached: process.platform !== "win32",
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
  } catch (error) {
    return failedConnection(events, notStarted(error), false);
  }
  if (child.pid === undefined) {
    // Without a process there may be no pipes either. The reason comes as an event.
    child.once("error", (error) => events.closed(notStarted(error)));
    return noConnection;
  }
  let stderr = "";
  let gotData = false;
  let closing = false;
  let killTimer: NodeJS.Timeout | undefined;
  if (running.size === 0) process.on("exit", killRunning);
  running.add(child);

  const finish = (error?: Error, over?: boolean) => {
    clearTimeout(killTimer);
    running.delete(child);
    if (running.size === 0) process.off("exit", killRunning);
    events.closed(error, over);
  };
  child.on("spawn", () => events.connected(`command ${shortened(command)}`));
  // A process that runs could not be sent a signal. `close` reports how it ends.
  child.on("error", () => {});
  child.stdout.on("data", (bytes: Buffer) => {
    gotData = true;
    events.data(bytes);
  });
  child.stdout.on("error", () => {});
  child.stderr.on("error", () => {});
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-stderrLengthKept);
  });
  child.on("close", (code, signal) => {
    if (closing) return void whenGroupGone(child, performance.now() + graceMs, finish);
    if (code === 0) return finish();
    const how = signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
    // The shell's codes for "not executable" and "no such command": trying again would not help.
    const hopeless = !gotData && (code === 126 || code === 127);
    finish(commandError(command, how, stderr), hopeless);
  });
  return {
    pause: () => void child.stdout.pause(),
    resume: () => void child.stdout.resume(),
    close() {
      if (closing) return;
      closing = true;
      signalGroup(child, "SIGTERM");
      killTimer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
      // A process that left the group may hold the pipes open indefinitely.
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function commandError(command: string, how: string, stderr: string): TransportError {
  const lines = stderr.trimEnd().split("\n").slice(-stderrLinesShown).join("\n  ");
  const output = stderr.trim() === "" ? " and printed no error" : `:\n  ${withoutSecrets(lines)}`;
  return new TransportError("NALIVE_COMMAND_FAILED", `The command ${shortened(command)} ${how}${output}`);
}

function shortened(command: string): string {
  const shown = withoutSecrets(command);
  return `"${shown.length > 80 ? `${shown.slice(0, 79)}…` : shown}"`;
}

/** @returns false when the group has no process left */
function signalGroup(child: Child, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    if (process.platform === "win32") return child.kill(signal);
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/**
 * Calls `done` when the whole group has ended. After the shell, the rest of a pipeline may still be
 * ending: it is killed at `deadline` (`performance.now`).
 */
function whenGroupGone(child: Child, deadline: number, done: () => void): void {
  const late = performance.now() - deadline;
  const gone = process.platform === "win32" || !signalGroup(child, late >= 0 ? "SIGKILL" : 0);
  // In containers whose first process reaps no orphans, dead processes stay in the group.
  if (gone || late >= afterKillMs) done();
  else setTimeout(() => whenGroupGone(child, deadline, done), pollMs);
}

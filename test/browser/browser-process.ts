import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** A browser that runs, with its own profile. */
export interface BrowserProcess {
  readonly profile: string;
  readonly stderr: Readable;
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>;
  /** Ends it, and removes its profile. */
  close(): Promise<void>;
}

/** @param args are given the folder of its profile */
export function startBrowser(program: string, args: (profile: string) => string[]): BrowserProcess {
  const profile = mkdtempSync(join(tmpdir(), "nalive-browser-"));
  const child: ChildProcess = spawn(program, args(profile), {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  // Ctrl-C does not end another process group.
  const endWithTests = () => endGroup(child.pid!);
  process.once("exit", endWithTests);
  const stderr = child.stderr!.resume();
  const ended = once(child, "exit");
  const close = async () => {
    child.kill();
    await ended;
    process.off("exit", endWithTests);
    // The browser's helper processes outlive it, and still write into the profile.
    endGroup(child.pid!);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { profile, stderr, ended, close };
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // No process of the group is left.
  }
}

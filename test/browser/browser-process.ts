import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** A browser that runs, with a profile of its own. */
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
  const child: ChildProcess = spawn(program, args(profile), { stdio: ["ignore", "ignore", "pipe"] });
  const stderr = child.stderr!.resume();
  const ended = once(child, "exit");
  const close = async () => {
    child.kill();
    await ended;
    // The browser's helper processes outlive it for a moment, and still write into the profile.
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  return { profile, stderr, ended, close };
}

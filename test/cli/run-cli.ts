import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";

/** The built command line. */
export const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
});

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A process that runs, for a test to talk to; killed after the test. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout: Buffer[] = [];
  #stderr = "";
  #isOver = false;
  #changed: (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.child = child;
    running.add(child);
    child.stdout?.on("data", (data: Buffer) => this.#stdout.push(data));
    child.stderr?.on("data", (data: Buffer) => {
      this.#stderr += data;
      this.#tell();
    });
    // A process that has enough of its input closes it.
    child.stdin?.on("error", () => undefined);
    this.ended = once(child, "close").then(([code, signal]) => {
      running.delete(child);
      this.#isOver = true;
      this.#tell();
      return { code, signal, stdout: Buffer.concat(this.#stdout), stderr: this.#stderr };
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Waits until standard error matches. */
  async says(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.#stderr.match(pattern);
      if (match) return match;
      if (this.#isOver) throw new Error(`it ended without saying ${pattern}: ${this.#stderr}`);
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  /** The port that it listens on. */
  async port(): Promise<number> {
    return Number((await this.says(/listening on .*:(\d+)/))[1]);
  }

  #tell(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

/** What a command is started with, besides its arguments. */
export interface CliOptions {
  readonly input?: Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Starts `nalive` with these arguments. */
export function startCli(args: readonly string[], { input, env, cwd }: CliOptions = {}): Running {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: [input ? "pipe" : "ignore", "pipe", "pipe"],
  });
  child.stdin?.end(input);
  return new Running(child);
}

/** Runs `nalive` with these arguments to its end. */
export function cli(...args: string[]): Promise<Ended> {
  return startCli(args).ended;
}

/** Runs a command line with `nalive` as a word of it, as a user would. */
export function shell(line: string): Running {
  const nalive = `nalive() { "${process.execPath}" "${main}" "$@"; }`;
  return new Running(spawn("bash", ["-c", `${nalive}; ${line}`], { stdio: ["ignore", "pipe", "pipe"] }));
}

/** Starts any other program. */
export function start(command: string, ...args: string[]): Running {
  return new Running(spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] }));
}

/** Says that a program is missing, or undefined. */
export function missing(program: string): string | undefined {
  return spawnSync("which", [program]).status === 0 ? undefined : `${program} is not installed`;
}

/** For the name of a test that may be skipped. */
export const why = (reason: string | undefined) => (reason ? ` (skipped: ${reason})` : "");

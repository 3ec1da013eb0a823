import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { WebSocket } from "ws";
import { chromiumFlags, chromiumPath } from "../../scripts/chromium.mjs";

interface Target {
  readonly id: string;
  readonly type: string;
  readonly webSocketDebuggerUrl: string;
}

/**
 * A Chromium whose tabs hide one another, as they do for a person. Playwright keeps all of its pages visible, so this speaks the
 * DevTools protocol itself.
 */
export class TabbedChromium {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #url: string;

  private constructor(process: ChildProcess, profile: string, url: string) {
    this.#process = process;
    this.#profile = profile;
    this.#url = url;
  }

  static async launch(): Promise<TabbedChromium> {
    const profile = mkdtempSync(join(tmpdir(), "nalive-tabs-"));
    const flags = ["--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
    const process = spawn(chromiumPath!, [...chromiumFlags, ...flags, "about:blank"], { stdio: "ignore" });
    const portFile = join(profile, "DevToolsActivePort");
    await vi.waitFor(
      () => existsSync(portFile) || Promise.reject(new Error("Chromium does not start")),
      10_000,
    );
    const port = readFileSync(portFile, "utf8").split("\n")[0];
    return new TabbedChromium(process, profile, `http://127.0.0.1:${port}/json`);
  }

  /** A new tab, in front of the others. */
  async open(): Promise<Tab> {
    const response = await fetch(`${this.#url}/new?about:blank`, { method: "PUT" });
    const { id, webSocketDebuggerUrl } = (await response.json()) as Target;
    const command = async (name: "activate" | "close") => void (await fetch(`${this.#url}/${name}/${id}`));
    await command("activate");
    return Tab.attach(webSocketDebuggerUrl, command);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill();
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A tab; what it has of Playwright's `Page` works in the same way. */
export class Tab {
  readonly #command: (name: "activate" | "close") => Promise<void>;
  readonly #ws: WebSocket;
  readonly #answers = new Map<number, (answer: Record<string, unknown>) => void>();
  #asked = 0;

  private constructor(ws: WebSocket, command: (name: "activate" | "close") => Promise<void>) {
    this.#ws = ws;
    this.#command = command;
    ws.on("message", (data) => {
      const answer = JSON.parse(data.toString());
      this.#answers.get(answer.id)?.(answer);
      this.#answers.delete(answer.id);
    });
  }

  static async attach(url: string, command: (name: "activate" | "close") => Promise<void>): Promise<Tab> {
    const ws = new WebSocket(url);
    await new Promise((resolve) => ws.once("open", resolve));
    const tab = new Tab(ws, command);
    await tab.#ask("Page.enable");
    return tab;
  }

  /** Brings it to the front, which hides the one that was there. */
  show(): Promise<void> {
    return this.#command("activate");
  }

  close(): Promise<void> {
    return this.#command("close");
  }

  async addInitScript<T>(script: (value: T) => void, value: T): Promise<void> {
    const source = `(${script})(${JSON.stringify(value)})`;
    await this.#ask("Page.addScriptToEvaluateOnNewDocument", { source });
  }

  async goto(url: string): Promise<void> {
    await this.#ask("Page.navigate", { url });
  }

  async evaluate<R, T = undefined>(script: (value: T) => R, value?: T): Promise<Awaited<R>> {
    const { result } = (await this.#ask("Runtime.evaluate", {
      expression: `(${script})(${JSON.stringify(value)})`,
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value: Awaited<R> } };
    return result.value;
  }

  #ask(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#asked;
    this.#ws.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) =>
      this.#answers.set(id, ({ result, error }) =>
        error
          ? reject(new Error(`${method}: ${JSON.stringify(error)}`))
          : resolve(result as Record<string, unknown>),
      ),
    );
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { chromiumFlags, chromiumPath } from "../../scripts/chromium.mjs";
import { RemoteProtocol } from "./remote-protocol.js";

interface Target {
  readonly id: string;
  readonly type: string;
  readonly webSocketDebuggerUrl: string;
}

type TabCommand = (name: "activate" | "close") => Promise<void>;

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
    const command: TabCommand = async (name) => void (await fetch(`${this.#url}/${name}/${id}`));
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
  readonly #protocol: RemoteProtocol;
  readonly #command: TabCommand;

  private constructor(protocol: RemoteProtocol, command: TabCommand) {
    this.#protocol = protocol;
    this.#command = command;
  }

  static async attach(url: string, command: TabCommand): Promise<Tab> {
    const protocol = await RemoteProtocol.connect(url);
    await protocol.ask("Page.enable");
    return new Tab(protocol, command);
  }

  /** Brings it to the front, which hides the one that was there. */
  show(): Promise<void> {
    return this.#command("activate");
  }

  close(): Promise<void> {
    this.#protocol.close();
    return this.#command("close");
  }

  async addInitScript<T>(script: (value: T) => void, value: T): Promise<void> {
    const source = `(${script})(${JSON.stringify(value)})`;
    await this.#protocol.ask("Page.addScriptToEvaluateOnNewDocument", { source });
  }

  async goto(url: string): Promise<void> {
    await this.#protocol.ask("Page.navigate", { url });
  }

  async evaluate<R, T = undefined>(script: (value: T) => R, value?: T): Promise<Awaited<R>> {
    const expression = `(${script})(${JSON.stringify(value)})`;
    const asked = { expression, awaitPromise: true, returnByValue: true };
    const { result } = await this.#protocol.ask<{ result: { value: Awaited<R> } }>("Runtime.evaluate", asked);
    return result.value;
  }
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { chromiumFlags, chromiumPath } from "../../tools/shared/chromium.mjs";
import { type BrowserProcess, startBrowser } from "./browser-process.js";
import { RemoteProtocol } from "./remote-protocol.js";

interface Target {
  readonly id: string;
  readonly type: string;
  readonly webSocketDebuggerUrl: string;
}

type TabCommand = (name: "activate" | "close") => Promise<void>;

/**
 * A Chromium whose tabs hide one another, as they do for a person. Playwright keeps all of its
 * pages visible, so this speaks the DevTools protocol itself.
 */
export class TabbedChromium {
  readonly #process: BrowserProcess;
  readonly #url: string;

  private constructor(process: BrowserProcess, url: string) {
    this.#process = process;
    this.#url = url;
  }

  static async launch(): Promise<TabbedChromium> {
    const flags = [...chromiumFlags, "--headless=new", "--remote-debugging-port=0"];
    const process = startBrowser(chromiumPath!, (profile) => [
      ...flags,
      `--user-data-dir=${profile}`,
      "about:blank",
    ]);
    const portFile = join(process.profile, "DevToolsActivePort");
    await vi.waitFor(
      () => existsSync(portFile) || Promise.reject(new Error("Chromium does not start")),
      10_000,
    );
    const port = readFileSync(portFile, "utf8").split("\n")[0];
    return new TabbedChromium(process, `http://127.0.0.1:${port}/json`);
  }

  /** A new tab, in front of the others. */
  async open(): Promise<Tab> {
    const response = await fetch(`${this.#url}/new?about:blank`, { method: "PUT" });
    const { id, webSocketDebuggerUrl } = (await response.json()) as Target;
    const command: TabCommand = async (name) => void (await fetch(`${this.#url}/${name}/${id}`));
    await command("activate");
    return Tab.attach(webSocketDebuggerUrl, command);
  }

  close(): Promise<void> {
    return this.#process.close();
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

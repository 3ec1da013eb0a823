import { spawnSync } from "node:child_process";
import { type BrowserProcess, startBrowser } from "./browser-process.js";
import { RemoteProtocol } from "./remote-protocol.js";

const program = ["firefox", "firefox-esr"].find(
  (name) => spawnSync("which", [name], { stdio: "ignore" }).status === 0,
);

/** undefined when there is one, else why not. */
export const noFirefox = program
  ? undefined
  : "Firefox is not installed (Debian: apt-get install firefox-esr)";

/**
 * The installed Firefox, with one page; what it has of Playwright's `Page` works in the same way.
 * Playwright itself drives only the Firefox that it ships.
 */
export class Firefox {
  readonly #process: BrowserProcess;
  readonly #protocol: RemoteProtocol;
  readonly #context: string;

  private constructor(process: BrowserProcess, protocol: RemoteProtocol, context: string) {
    this.#process = process;
    this.#protocol = protocol;
    this.#context = context;
  }

  static async launch(): Promise<Firefox> {
    const flags = ["--headless", "--remote-debugging-port=0"];
    const process = startBrowser(program!, (profile) => [...flags, "--profile", profile, "about:blank"]);
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      process.stderr.on("data", (bytes: Buffer) => {
        said += bytes;
        const [, found] = /WebDriver BiDi listening on (ws:\S+)/.exec(said) ?? [];
        if (found) resolve(found);
      });
      void process.ended.then(() => reject(new Error(`Firefox has ended: ${said}`)));
    });
    const protocol = await RemoteProtocol.connect(`${url}/session`);
    await protocol.ask("session.new", { capabilities: {} });
    const { contexts } = await protocol.ask<{ contexts: { context: string }[] }>("browsingContext.getTree");
    return new Firefox(process, protocol, contexts[0]!.context);
  }

  async addInitScript<T>(script: (value: T) => void, value: T): Promise<void> {
    const functionDeclaration = `() => (${script})(${JSON.stringify(value)})`;
    await this.#protocol.ask("script.addPreloadScript", { functionDeclaration });
  }

  async goto(url: string): Promise<void> {
    await this.#protocol.ask("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
  }

  async evaluate<R, T = undefined>(script: (value: T) => R, value?: T): Promise<Awaited<R>> {
    const { result } = await this.#protocol.ask<{ result: { value: string } }>("script.evaluate", {
      expression: `(async () => JSON.stringify(await (${script})(${JSON.stringify(value)})))()`,
      target: { context: this.#context },
      awaitPromise: true,
    });
    return JSON.parse(result.value ?? "null");
  }

  async close(): Promise<void> {
    this.#protocol.close();
    await this.#process.close();
  }
}

import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build, type Rolldown } from "vite";
import { launchChromium } from "../browser/chromium.js";
import type { Outcome, Step } from "./contract-run.js";

/** A secure context, which WebCodecs needs. */
const origin = "http://localhost/";

/** `WebCodecsDecoder` in a page of Chromium. */
export class BrowserDecoder {
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  static async open(): Promise<BrowserDecoder> {
    const browser = await launchChromium();
    const page = await browser.newPage();
    await page.route(origin, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
    await page.goto(origin);
    await page.addScriptTag({ content: await bundle(), type: "module" });
    return new BrowserDecoder(browser, page);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  /** Takes the steps with a new decoder. */
  outcomeOf(steps: readonly Step[]): Promise<Outcome> {
    return this.#page.evaluate(
      (steps) =>
        (window as unknown as { outcomeOf(steps: readonly Step[]): Promise<Outcome> }).outcomeOf(steps),
      steps,
    );
  }
}

/** The page's code with all that it imports. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      target: "es2022",
      lib: {
        entry: fileURLToPath(new URL("browser-decoder-page.ts", import.meta.url)),
        formats: ["es"],
      },
    },
  });
  const [{ output }] = built as [Rolldown.RolldownOutput];
  return output[0].code;
}

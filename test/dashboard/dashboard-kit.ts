import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { RunningServer } from "../../dist/node/serve/server.js";
import { launchChromium } from "../browser/chromium.js";
import { Peer, wsUrl } from "../serve/serve-kit.js";
import { makeClip } from "../source/kit/clip.js";

/** Pixels of the test camera in these tests. */
export const width = 640;
export const camera = "test:?size=640x360&gop=30&bitrate=600K";

/** Opens a page of the dashboard. Its errors are printed; they fail no test by themselves. */
export async function openPage(
  browser: Browser,
  url: string,
  options: { size?: [number, number]; before?: (page: Page) => Promise<void> } = {},
): Promise<Page> {
  const [pageWidth, height] = options.size ?? [1280, 800];
  const page = await browser.newPage({ viewport: { width: pageWidth, height } });
  page.on("pageerror", (error) => console.error(error));
  await options.before?.(page);
  await page.goto(url);
  return page;
}

/** A Chromium for the tests of a block. @returns opens a page, which is closed after its test */
export function pagesInChromium() {
  let browser: Browser;
  const pages: Page[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });
  return async (url: string, options?: Parameters<typeof openPage>[2]): Promise<Page> => {
    const page = await openPage(browser, url, options);
    pages.push(page);
    return page;
  };
}

/**
 * Publishes `cam` at 30 pictures per second until `stop`. @param isSent false: leaves this access
 * unit out
 */
export async function publishLooped(server: RunningServer, isSent: (number: number) => boolean) {
  const units = await makeClip("size=640x360&gop=30&frames=30&bitrate=600K");
  const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
  let number = 0;
  const timer = setInterval(() => {
    if (isSent(number)) ws.send(units[number % units.length]!);
    number++;
  }, 33);
  return {
    stop: () => {
      clearInterval(timer);
      ws.close();
    },
  };
}

/** Waits until `look` finds something. */
export async function until<T>(look: () => Promise<T | false | undefined | null | "">): Promise<T> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

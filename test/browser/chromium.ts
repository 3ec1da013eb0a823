import type { Page } from "playwright-core";
import { numberBlockSize } from "../../src/node/source/test-camera/test-picture.js";

export { lanHost, launchChromium, whyNoChromium as noChromium } from "../../tools/shared/chromium.mjs";

/** What a player's picture shows at one refresh of the page. */
export interface SeenPicture {
  /** The number that the test camera has drawn; undefined when there is no picture of it. */
  readonly number: number | undefined;
  /** The page's clock, ms. */
  readonly at: number;
}

interface Sizes {
  readonly side: number;
  readonly width: number;
}

/** A page, of Playwright or a `Tab`. */
interface Scripted {
  addInitScript(script: (sizes: Sizes) => void, sizes: Sizes): Promise<unknown>;
}

/**
 * Looks at a player's picture at each refresh of the page until `seen` is read, and notes each
 * number that differs from the one before. Before the page is opened.
 */
export async function watchPictures(page: Scripted, width: number): Promise<void> {
  await page.addInitScript(
    ({ side, width }) => {
      const seen: { number: number | undefined; at: number }[] = [];
      Object.assign(window, { seen });
      const probe = document.createElement("canvas");
      probe.width = side * 24;
      probe.height = side;
      const context = probe.getContext("2d", { willReadFrequently: true })!;
      const look = () => {
        requestAnimationFrame(look);
        const media = document.querySelector("nalive-player")?.shadowRoot?.querySelector("[part~=picture]");
        if (!media || getComputedStyle(media).visibility === "hidden") return;
        const { videoWidth, naturalWidth } = media as HTMLVideoElement & HTMLImageElement;
        if ((videoWidth ?? naturalWidth ?? (media as HTMLCanvasElement).width) !== width) return;
        context.drawImage(media as HTMLCanvasElement, 0, 0, side * 24, side, 0, 0, side * 24, side);
        const { data } = context.getImageData(0, 0, side * 24, side);
        let number = 0;
        for (let bit = 0; bit < 24; bit++) {
          const sample = data[((side / 2) * side * 24 + bit * side + side / 2) * 4]!;
          number = number * 2 + (sample > 128 ? 1 : 0);
        }
        if (seen.at(-1)?.number !== number) seen.push({ number, at: performance.now() });
      };
      requestAnimationFrame(look);
    },
    { side: numberBlockSize(width), width },
  );
}

/** What `watchPictures` noted so far. */
export const seenPictures = (page: Page): Promise<SeenPicture[]> =>
  page.evaluate(() => (window as unknown as { seen: SeenPicture[] }).seen);

/** What the page of the `Relay` noted of the player's events. */
export const told = (page: Page): Promise<Record<string, unknown>[]> =>
  page.evaluate(() => (window as unknown as { told: Record<string, unknown>[] }).told);

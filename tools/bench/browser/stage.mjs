import { lanHost, launchChromium } from "../../shared/chromium.mjs";
import { ServerProcess } from "../runs/server-process.mjs";
import { PageServer } from "./page-server.mjs";

/**
 * What the benchmarks of the browser need.
 *
 * @typedef {object} Stage
 * @property {import("playwright-core").Browser} browser
 * @property {ServerProcess} server `nalive serve`, to which any page may connect
 * @property {PageServer} pages
 */

/**
 * @template R
 * @param {(stage: Stage) => Promise<R>} use
 */
export async function onStage(use) {
  const browser = await launchChromium("--autoplay-policy=no-user-gesture-required", lanHost);
  const server = await ServerProcess.startNalive(["--allow-origin", "*", "--log", "error"]);
  const pages = await PageServer.start();
  try {
    return await use({ browser, server, pages });
  } finally {
    pages.close();
    await server.stop();
    await browser.close();
  }
}

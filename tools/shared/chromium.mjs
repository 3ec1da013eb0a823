// A headless Chromium for tests, benchmarks and screenshots.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

/** Undefined where Chromium is not installed. */
export const chromiumPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) =>
  existsSync(path),
);

/** Undefined where Chromium is installed. */
export const whyNoChromium = chromiumPath
  ? undefined
  : "Chromium is not installed (Debian: apt-get install chromium)";

/**
 * A name of this machine in a browser started with {@link lanHost}. Its pages are not secure, as on
 * a local network.
 */
export const lanName = "cam.test";
export const lanHost = `--host-resolver-rules=MAP ${lanName} 127.0.0.1`;

export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * The caller closes the browser.
 *
 * @param {...string} more flags
 * @returns {Promise<import("playwright-core").Browser>}
 */
export function launchChromium(...more) {
  if (chromiumPath === undefined) throw new Error(whyNoChromium);
  return chromium.launch({ executablePath: chromiumPath, args: [...chromiumFlags, ...more] });
}

// A headless Chromium for tests, benchmarks and screenshots.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

/** Where it is; undefined where there is none. */
export const chromiumPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) =>
  existsSync(path),
);

/** undefined when there is one, else why not. */
export const whyNoChromium = chromiumPath
  ? undefined
  : "Chromium is not installed (Debian: apt-get install chromium)";

/** A name of this machine, for a browser started with `lanHost`, of which pages are not secure, as on a local network. */
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
 * The caller closes it.
 * @param {...string} more flags
 * @returns {Promise<import("playwright-core").Browser>}
 */
export const launchChromium = (...more) =>
  chromium.launch({ executablePath: chromiumPath, args: [...chromiumFlags, ...more] });

// A headless Chromium, and a nalive server that it watches.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";
import { nalive } from "./places.mjs";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));

/** undefined when there is a browser, else why not. */
export const whyNoBrowser = executablePath
  ? undefined
  : "Chromium is not installed (Debian: apt-get install chromium)";

/** A name of this machine of which pages are not secure, as on a local network. */
export const lanName = "cam.test";

/** The caller closes it. */
export const launchBrowser = () =>
  chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
      `--host-resolver-rules=MAP ${lanName} 127.0.0.1`,
    ],
  });

/** `nalive serve` on a free port, as its own process. */
export async function startServer() {
  const port = await freePort();
  const process_ = spawn(
    process.execPath,
    [nalive, "serve", "--port", port, "--allow-origin", "*", "--log", "error"],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const url = `ws://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer) break;
    if (attempt > 100 || process_.exitCode !== null) throw new Error("nalive serve did not start");
    await sleep(100);
  }
  return {
    url,
    async stop() {
      process_.kill();
      await once(process_, "exit");
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

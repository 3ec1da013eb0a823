// A headless Chromium, and a nalive server that it watches.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { lanHost, launchChromium } from "../../shared/chromium.mjs";
import { nalive } from "../figures/places.mjs";

/** The caller closes it. */
export const launchBrowser = () => launchChromium("--autoplay-policy=no-user-gesture-required", lanHost);

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

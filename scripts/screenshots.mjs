// `npm run screenshots [-- FOLDER [PART OF A NAME]]`: the dashboard, from the real server with real streams, in Chromium.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";
import { publishCameras } from "./screenshots/cameras.mjs";
import { build, installPackages, root } from "./setup.mjs";

installPackages();
build();
const { completeConfig } = await import("../dist/node/serve/read-config.js");
const { startServer } = await import("../dist/node/serve/server.js");

const [folder = join(root, "out", "screenshots"), wanted = ""] = process.argv.slice(2);
const sizes = { phone: [390, 844], laptop: [1280, 800], desktop: [1920, 1080] };
const scenes = [
  { name: "wall-0", streams: { count: 0 } },
  { name: "wall-1", streams: { count: 1, size: "1280x720" } },
  { name: "wall-4", streams: { count: 4, damaged: 1, gone: 1 } },
  { name: "wall-16", streams: { count: 16, damaged: 1, gone: 1, size: "320x180", fps: 15 } },
  { name: "stream", streams: { count: 1, size: "1280x720" }, path: "/streams/gate", waitMs: 25_000 },
  { name: "damaged", streams: { count: 1, damaged: 1 }, path: "/streams/gate", waitMs: 12_000 },
  { name: "gone", streams: { count: 1, gone: 1 }, path: "/streams/gate" },
];

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
const flags =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
mkdirSync(folder, { recursive: true });
const recordings = mkdtempSync(join(tmpdir(), "nalive-screenshots-"));
const browser = await chromium.launch({ executablePath, args: flags.split(" ") });

for (const scene of scenes) {
  const shots = Object.keys(sizes).flatMap((size) => ["dark", "light"].map((theme) => ({ size, theme })));
  const named = shots.map((shot) => ({ ...shot, file: `${scene.name}-${shot.size}-${shot.theme}.png` }));
  const asked = named.filter(({ file }) => file.includes(wanted));
  if (asked.length > 0) await take(scene, asked);
}
await browser.close();
rmSync(recordings, { recursive: true });

async function take({ name, streams, path = "/", waitMs = 6000 }, shots) {
  const config = { port: 0, log: "silent", publish: { waitMs: 600_000 }, recording: { folder: recordings } };
  const server = await startServer(completeConfig(config));
  const stop = await publishCameras(server, streams);
  const page = await browser.newPage({ viewport: viewport(shots[0].size), colorScheme: shots[0].theme });
  page.on("pageerror", (error) => console.error(`${name}: ${error}`));
  page.on("console", (message) => message.type() === "error" && console.error(`${name}: ${message.text()}`));
  await page.goto(server.url + path);
  await sleep(waitMs);
  for (const { size, theme, file } of shots) {
    await page.setViewportSize(viewport(size));
    await page.emulateMedia({ colorScheme: theme });
    await sleep(1500);
    await page.screenshot({ path: join(folder, file), fullPage: true, timeout: 60_000 });
    console.log(join(folder, file));
  }
  await page.close();
  await stop();
  await server.stop();
}

function viewport(size) {
  const [width, height] = sizes[size];
  return { width, height };
}

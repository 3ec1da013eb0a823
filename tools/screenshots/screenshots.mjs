// `npm run screenshots [-- FOLDER [PART OF A NAME]]`: the dashboard, from the real server with real streams, in Chromium.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build, installPackages, root } from "../setup/setup.mjs";
import { launchChromium } from "../shared/chromium.mjs";
import { publishCameras } from "./cameras.mjs";

installPackages();
build();
const { completeConfig } = await import("../../dist/node/serve/config/read-config.js");
const { startServer } = await import("../../dist/node/serve/server.js");

const [folder = join(root, "out", "screenshots"), wanted = ""] = process.argv.slice(2);
const sizes = { phone: [390, 844], laptop: [1280, 800], desktop: [1920, 1080] };
const scenes = [
  { name: "wall-0", streams: { count: 0 } },
  { name: "wall-1", streams: { count: 1, size: "1280x720" } },
  { name: "wall-4", streams: { count: 4, damaged: 1, gone: 1 } },
  { name: "wall-16", streams: { count: 16, damaged: 1, gone: 1, size: "320x180", fps: 15 } },
  {
    name: "stream",
    streams: { count: 1, damaged: 1, lost: 1500, size: "1280x720" },
    path: "/streams/gate",
    waitMs: 125_000,
  },
  { name: "damaged", streams: { count: 1, damaged: 1 }, path: "/streams/gate", waitMs: 12_000 },
  { name: "gone", streams: { count: 1, gone: 1 }, path: "/streams/gate" },
];

/** What the README shows, cut to what is seen at first. */
const shown = [
  { scene: "wall-4", width: 1280, height: 780, theme: "dark", file: "dashboard-wall.png" },
  { scene: "stream", width: 1280, height: 1040, theme: "dark", file: "dashboard-stream.png" },
  { scene: "stream", width: 1280, height: 1040, theme: "light", file: "dashboard-stream-light.png" },
  { scene: "stream", width: 390, height: 844, theme: "dark", file: "dashboard-phone.png" },
];
mkdirSync(folder, { recursive: true });
const recordings = mkdtempSync(join(tmpdir(), "nalive-screenshots-"));
const browser = await launchChromium();

for (const scene of scenes) {
  const asked = [...reviewed(scene), ...shown.filter((shot) => shot.scene === scene.name).map(inDocs)].filter(
    ({ path }) => path.includes(wanted),
  );
  if (asked.length > 0) await take(scene, asked);
}
await browser.close();
rmSync(recordings, { recursive: true });

/** Every size and theme, whole. */
function reviewed({ name }) {
  return Object.entries(sizes).flatMap(([size, [width, height]]) =>
    ["dark", "light"].map((theme) => {
      return { width, height, theme, fullPage: true, path: join(folder, `${name}-${size}-${theme}.png`) };
    }),
  );
}

function inDocs(shot) {
  return { ...shot, fullPage: false, path: join(root, "docs", "images", shot.file) };
}

async function take({ name, streams, path: address = "/", waitMs = 6000 }, shots) {
  const config = { port: 0, log: "silent", publish: { waitMs: 600_000 }, recording: { folder: recordings } };
  const server = await startServer(completeConfig(config));
  const stop = await publishCameras(server, streams);
  const page = await browser.newPage({ viewport: shots[0], colorScheme: shots[0].theme });
  page.on("pageerror", (error) => console.error(`${name}: ${error}`));
  page.on("console", (message) => message.type() === "error" && console.error(`${name}: ${message.text()}`));
  await page.goto(server.url + address);
  await sleep(waitMs);
  for (const { width, height, theme, fullPage, path } of shots) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: theme });
    await sleep(2000);
    await page.screenshot({ path, fullPage, timeout: 60_000 });
    console.log(path);
  }
  await page.close();
  await stop();
  await server.stop();
}

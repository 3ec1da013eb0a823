// Pictures of the dashboard: a real server with real streams, in Chromium.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { build, installPackages, root } from "../setup/setup.mjs";
import { launchChromium } from "../shared/chromium.mjs";

/**
 * @import { CameraOptions } from "./cameras.mjs"
 *
 * @typedef {object} Scene
 * @property {string} name
 * @property {CameraOptions} streams
 * @property {string} [path] of the page
 * @property {number} [waitMs] until the first shot
 *
 * @typedef {object} Shot
 * @property {number} width of the window
 * @property {number} height of the window
 * @property {"dark" | "light"} theme
 * @property {boolean} fullPage false: only what the window shows
 * @property {string} path of the PNG
 */

const usage = `usage: npm run screenshots [-- [FOLDER] [PART]]

FOLDER   where to write every page in three widths, light and dark (default out/screenshots)
PART     only files whose paths contain this

The pictures that the documents show are written to docs/images.`;

/** @type {Scene[]} */
const scenes = [
  { name: "wall-0", streams: { count: 0 } },
  { name: "wall-1", streams: { count: 1, size: "1280x720" } },
  { name: "wall-4", streams: { count: 4, damaged: 1, gone: 1 } },
  { name: "wall-16", streams: { count: 16, damaged: 1, gone: 1, size: "320x180", fps: 15 } },
  {
    name: "stream",
    streams: { count: 1, damaged: 1, lostEvery: 1500, size: "1280x720" },
    path: "/streams/gate",
    waitMs: 125_000,
  },
  { name: "damaged", streams: { count: 1, damaged: 1 }, path: "/streams/gate", waitMs: 12_000 },
  { name: "gone", streams: { count: 1, gone: 1 }, path: "/streams/gate" },
];

/** Windows in which every page is shot, whole. */
const windows = [
  { name: "phone", width: 390, height: 844 },
  { name: "laptop", width: 1280, height: 800 },
  { name: "desktop", width: 1920, height: 1080 },
];

/**
 * What the documents show: only what a window shows at first.
 *
 * @type {(Omit<Shot, "fullPage" | "path"> & { scene: string, file: string })[]}
 */
const documented = [
  { scene: "wall-4", width: 1280, height: 780, theme: "dark", file: "dashboard-wall.png" },
  { scene: "stream", width: 1280, height: 1040, theme: "dark", file: "dashboard-stream.png" },
  { scene: "stream", width: 1280, height: 1040, theme: "light", file: "dashboard-stream-light.png" },
  { scene: "stream", width: 390, height: 844, theme: "dark", file: "dashboard-phone.png" },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean", default: false } },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
installPackages();
build();
const { startServer } = await import("../../dist/node/serve/server.js");
const { publishCameras } = await import("./cameras.mjs");

const [folder = join(root, "out", "screenshots"), part = ""] = positionals;
mkdirSync(folder, { recursive: true });
const recordings = mkdtempSync(join(tmpdir(), "nalive-screenshots-"));
const browser = await launchChromium();
try {
  for (const scene of scenes) {
    const shots = [...shotsForReview(scene), ...shotsForDocuments(scene)];
    await take(
      scene,
      shots.filter(({ path }) => path.includes(part)),
    );
  }
} finally {
  await browser.close();
  rmSync(recordings, { recursive: true });
}

/**
 * @param {Scene} scene
 * @returns {Shot[]}
 */
function shotsForReview({ name }) {
  return windows.flatMap(({ name: window, width, height }) =>
    /** @type {const} */ (["dark", "light"]).map((theme) => {
      const path = join(folder, `${name}-${window}-${theme}.png`);
      return { width, height, theme, fullPage: true, path };
    }),
  );
}

/**
 * @param {Scene} scene
 * @returns {Shot[]}
 */
function shotsForDocuments({ name }) {
  return documented
    .filter(({ scene }) => scene === name)
    .map(({ file, ...shot }) => ({ ...shot, fullPage: false, path: join(root, "docs", "images", file) }));
}

/**
 * @param {Scene} scene
 * @param {Shot[]} shots
 */
async function take({ name, streams, path: address = "/", waitMs = 6000 }, shots) {
  const [first] = shots;
  if (!first) return;
  const server = await startServer({
    port: 0,
    log: "silent",
    publish: { waitMs: 600_000 },
    recording: { folder: recordings },
  });
  const stop = await publishCameras(server.url, streams);
  const page = await browser.newPage({ viewport: first, colorScheme: first.theme });
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

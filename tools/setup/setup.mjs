// What `npm start` and `npm test` need before anything else: packages and the build. Quick when nothing changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const stampPath = join(root, "node_modules", ".nalive-setup");

/** Runs a command in the project's folder; ends this process when it fails. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) fail(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Installs the packages of package-lock.json, unless they are. */
export function installPackages() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`nalive needs Node 20.19 or later; this is ${process.versions.node}`);
  }
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted) return;
  process.stderr.write("nalive: installing packages (once)\n");
  // Not `npm ci`: it refuses a lock file without the optional binaries of platforms that the lock was not made on.
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", args, { shell: process.platform === "win32" });
  writeFileSync(stampPath, wanted);
}

/** Compiles what has changed; then what browsers load: the player, in one file, and the dashboard. */
export function build() {
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);
  const layers = ["core", "h264", "live", "wire", "browser"].map((layer) => `src/${layer}`);
  buildForBrowsers("vite.player.config.mjs", "dist/browser/player.js", layers);
  buildForBrowsers("dashboard/vite.config.mjs", "dist/dashboard/index.html", [
    "dashboard",
    "package-lock.json",
  ]);
}

/** Runs Vite, unless what it would make is newer than all that it is made of. */
function buildForBrowsers(config, made, sources) {
  const madePath = join(root, made);
  const madeAt = existsSync(madePath) ? statSync(madePath).mtimeMs : 0;
  const paths = [config, ...sources].flatMap((path) => filesIn(join(root, path)));
  if (paths.every((path) => statSync(path).mtimeMs <= madeAt)) return;
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  run(process.execPath, [vite, "build", "--config", config]);
}

/** A file, or all that is in a folder, which itself is newer when something was deleted. */
function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return [path, ...readdirSync(path, { recursive: true }).map((name) => join(path, name))];
}

function fail(message) {
  process.stderr.write(`nalive: ${message}\n`);
  process.exit(1);
}

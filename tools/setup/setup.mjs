// Installs the packages and builds the project. Every tool runs this first; it is quick when
// nothing has changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const stampPath = join(root, "node_modules", ".nalive-setup");

/**
 * Runs a command in the project's folder. This process exits when the command fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnSyncOptions} [options]
 */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) fail(`Cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Installs the packages of package-lock.json, unless they are installed already. */
export function installPackages() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`This is Node ${process.versions.node}; nalive needs Node 20.19 or later`);
  }
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted) return;
  process.stderr.write("nalive: installing packages (once)\n");
  // `npm ci` refuses a lock file that lacks the optional binaries of other platforms. npm leaves
  // some of them out.
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", args, { shell: process.platform === "win32" });
  writeFileSync(stampPath, wanted);
}

/**
 * Compiles what has changed, then bundles what browsers load: the player, in one file, and the
 * dashboard.
 */
export function build() {
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);
  const layers = ["core", "h264", "live", "wire", "browser"].map((layer) => `src/${layer}`);
  buildForBrowsers("vite.player.config.mjs", "dist/browser/player.js", layers);
  buildForBrowsers("dashboard/vite.config.mjs", "dist/dashboard/index.html", [
    "dashboard",
    "package-lock.json",
  ]);
}

/**
 * Runs Vite, unless its output is newer than everything it is made from. All paths are relative to
 * the project.
 *
 * @param {string} config
 * @param {string} output
 * @param {string[]} sources files and folders
 */
function buildForBrowsers(config, output, sources) {
  const outputPath = join(root, output);
  const builtAt = existsSync(outputPath) ? statSync(outputPath).mtimeMs : 0;
  const paths = [config, ...sources].flatMap((path) => filesIn(join(root, path)));
  if (paths.every((path) => statSync(path).mtimeMs <= builtAt)) return;
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  run(process.execPath, [vite, "build", "--config", config]);
}

/**
 * A file, or a folder and everything in it. The folder counts because deleting a file changes its
 * time.
 *
 * @param {string} path
 * @returns {string[]}
 */
function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return [path, ...readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))];
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  process.stderr.write(`nalive: ${message}\n`);
  process.exit(1);
}

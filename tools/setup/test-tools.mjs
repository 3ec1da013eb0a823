// The programs that tests of real parts need. Installs them where that is allowed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** Each program, the Debian package that has it, and its use in the tests. */
const testTools = [
  { program: "ffmpeg", package: "ffmpeg", use: "real sender, reference decoder" },
  { program: "gst-launch-1.0", package: "gstreamer1.0-tools", use: "real sender, real reader" },
  { program: "ffplay", package: "ffmpeg", use: "real reader" },
  { program: "curl", package: "curl", use: "real sender, real reader" },
  { program: "nginx", package: "nginx", use: "a real proxy" },
  { program: "caddy", package: "caddy", use: "a second real proxy" },
  { program: "Xvfb", package: "xvfb", use: "a screen for the window" },
  { program: "xdotool", package: "xdotool", use: "real keys" },
  { program: "chromium", package: "chromium", use: "the player in a real browser" },
  { program: "firefox-esr", package: "firefox-esr", use: "the player in a second browser" },
];

const debianPackages = [
  ...new Set(testTools.map((tool) => tool.package)),
  "gstreamer1.0-plugins-base",
  "gstreamer1.0-plugins-good",
  "gstreamer1.0-plugins-bad",
  "gstreamer1.0-libav",
  "libsdl2-2.0-0",
];

/** @param {string} program */
const isInstalled = (program) => spawnSync("which", [program], { stdio: "ignore" }).status === 0;
/** @param {string} name */
const hasPackage = (name) => spawnSync("dpkg", ["-s", name], { stdio: "ignore" }).status === 0;

/** Installs missing programs when this is root on Debian. Elsewhere it names them. */
export function prepareTestTools() {
  prepareDebianPackages();
  prepareOpenCv();
}

function prepareDebianPackages() {
  const isDebian = existsSync("/etc/debian_version");
  if (isDebian && process.getuid?.() === 0) {
    const missing = debianPackages.filter((name) => !hasPackage(name));
    if (missing.length === 0) return;
    process.stderr.write(`nalive: installing for the tests (once): ${missing.join(" ")}\n`);
    const install = ["install", "-y", "--no-install-recommends", ...missing];
    if (!aptGet(install)) {
      aptGet(["update"]);
      aptGet(install);
    }
  }
  const absent = testTools.filter(({ program }) => !isInstalled(program));
  if (absent.length === 0) return;
  process.stderr.write("nalive: skipping the tests that need these programs:\n");
  for (const { program, package: name, use } of absent) {
    process.stderr.write(`  ${program} (${use}; Debian: apt-get install ${name})\n`);
  }
}

/** @param {string[]} args */
function aptGet(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status } = spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", "inherit"], env });
  return status === 0;
}

/** Installs OpenCV, a real reader, into a Python environment of the tests, where pip can get it. */
function prepareOpenCv() {
  const folder = join(root, "out", "test-tools", "python");
  const python = join(folder, "bin", "python");
  if ([python, "python3"].some((each) => runQuietly(each, ["-c", "import cv2"]))) return;
  process.stderr.write("nalive: installing OpenCV for the tests (once)\n");
  const options = ["--quiet", "--retries", "0", "--only-binary", ":all:"];
  const isReady =
    runQuietly("python3", ["-m", "venv", folder]) &&
    runQuietly(python, ["-m", "pip", "install", ...options, "opencv-python-headless"]);
  if (!isReady) {
    process.stderr.write("  pip cannot get opencv-python-headless: skipping the tests that need OpenCV\n");
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function runQuietly(command, args) {
  return spawnSync(command, args, { stdio: "ignore", timeout: 180_000 }).status === 0;
}

// The programs that tests of real parts use, and how they are installed where this may be done.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** Program, Debian package that has it, and what is tested with it. */
const testTools = [
  { program: "ffmpeg", package: "ffmpeg", use: "real sender, reference decoder" },
  { program: "gst-launch-1.0", package: "gstreamer1.0-tools", use: "real sender, real reader" },
  { program: "ffplay", package: "ffmpeg", use: "real reader" },
  { program: "curl", package: "curl", use: "real sender, real reader" },
  { program: "Xvfb", package: "xvfb", use: "a screen for the window" },
  { program: "xdotool", package: "xdotool", use: "real keys" },
  { program: "chromium", package: "chromium", use: "the player in a real browser" },
  { program: "firefox-esr", package: "firefox-esr", use: "the player in another one" },
];

const debianPackages = [
  ...new Set(testTools.map((tool) => tool.package)),
  "gstreamer1.0-plugins-base",
  "gstreamer1.0-plugins-good",
  "gstreamer1.0-plugins-bad",
  "gstreamer1.0-libav",
  "libsdl2-2.0-0",
];

const isInstalled = (program) => spawnSync("which", [program], { stdio: "ignore" }).status === 0;
const hasPackage = (name) => spawnSync("dpkg", ["-s", name], { stdio: "ignore" }).status === 0;

/** Installs what is missing: Debian's packages when this is root on Debian; elsewhere names what is missing. */
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
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const apt = (...args) =>
      spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", "inherit"], env }).status === 0;
    if (!apt("install", "-y", "--no-install-recommends", ...missing)) {
      apt("update");
      apt("install", "-y", "--no-install-recommends", ...missing);
    }
  }
  const absent = testTools.filter(({ program }) => !isInstalled(program));
  if (absent.length === 0) return;
  process.stderr.write("nalive: tests that need these programs are skipped:\n");
  for (const { program, package: name, use } of absent) {
    process.stderr.write(`  ${program} (${use}; Debian: apt-get install ${name})\n`);
  }
}

/** A Python of the tests' own that has OpenCV, a real reader, where pip can get it; without, those tests are skipped. */
function prepareOpenCv() {
  const folder = join(root, "out", "test-tools", "python");
  const quietly = (command, ...args) =>
    spawnSync(command, args, { stdio: "ignore", timeout: 180_000 }).status === 0;
  const python = join(folder, "bin", "python");
  if ([python, "python3"].some((each) => quietly(each, "-c", "import cv2"))) return;
  process.stderr.write("nalive: installing OpenCV for the tests (once)\n");
  const options = ["--quiet", "--retries", "0", "--only-binary", ":all:"];
  const isThere =
    quietly("python3", "-m", "venv", folder) &&
    quietly(python, "-m", "pip", "install", ...options, "opencv-python-headless");
  if (!isThere)
    process.stderr.write("  pip cannot get opencv-python-headless: OpenCV is not tested as a reader\n");
}

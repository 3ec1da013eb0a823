import { spawnSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";

/** Load at the start above which other work is likely to disturb figures. */
const disturbingLoad = 1.5;

/** What the figures were measured on. */
export function machine() {
  const versionOf = (command, ...args) => spawnSync(command, args, { encoding: "utf8" }).stdout?.split("\n")[0] ?? null;
  return {
    processor: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    ffmpeg: versionOf("ffmpeg", "-version"),
    gstreamer: versionOf("gst-launch-1.0", "--version"),
    pyav: versionOf("/usr/bin/python3", "-c", "import av; print(av.__version__)"),
    loadAverage: loadavg(),
  };
}

/** A sentence when the machine is busy with other work, else undefined. */
export function whyDisturbed() {
  const [load] = loadavg();
  return load > disturbingLoad
    ? `load average is ${load.toFixed(1)} on ${cpus().length} processors: other work disturbs these figures`
    : undefined;
}

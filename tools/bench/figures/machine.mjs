import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { root } from "./places.mjs";

/** Load at the start above which other work is likely to disturb figures. */
const disturbingLoad = 1.5;
/** The same for the share of all processor time that other work took meanwhile. */
const disturbingShare = 0.1;

/** What the figures were measured on. */
export function machine() {
  const versionOf = (command, ...args) =>
    spawnSync(command, args, { encoding: "utf8" }).stdout?.split("\n")[0] ?? null;
  return {
    revision: versionOf("git", "-C", root, "describe", "--always", "--dirty"),
    processor: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    ffmpeg: versionOf("ffmpeg", "-version"),
    gstreamer: versionOf("gst-launch-1.0", "--version"),
    pyav: versionOf("/usr/bin/python3", "-c", "import av; print(av.__version__)"),
  };
}

/** Watches, until `end` is called, what other work takes of the processors; says so when it disturbs figures. */
export function watchOtherWork() {
  const [loadAtStart] = loadavg();
  const before = processorTime();
  return {
    end() {
      const after = processorTime();
      const share = Math.max(
        0,
        1 - (after.own - before.own + after.idle - before.idle) / (after.all - before.all),
      );
      const disturbed = loadAtStart > disturbingLoad || share > disturbingShare;
      const text = `load average at the start ${loadAtStart.toFixed(2)}; other work took ${(share * 100).toFixed(0)} % of the processors meanwhile`;
      return { loadAtStart, share, text: disturbed ? `Disturbed: ${text}.` : `Undisturbed: ${text}.` };
    },
  };
}

/** In clock ticks: of all processors, their idle part, and what this process and the children it waited for used. */
function processorTime() {
  const [user, nice, system, idle, ioWait, irq, softIrq, steal] = readFileSync("/proc/stat", "utf8")
    .split("\n")[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  // Fields 14 to 17, counted behind the command's name, which may hold spaces.
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
    .map(Number);
  const own = fields[11] + fields[12] + fields[13] + fields[14];
  return { all: user + nice + system + idle + ioWait + irq + softIrq + steal, idle: idle + ioWait, own };
}

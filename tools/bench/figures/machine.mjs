import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { root } from "../../setup/setup.mjs";
import { itemAt } from "../../shared/item-at.mjs";
import { processStat } from "../../shared/proc.mjs";

/** A load at the start above this is likely to disturb figures. */
const disturbingLoad = 1.5;
/** So is a larger share of all processor time that other work takes meanwhile. */
const disturbingShare = 0.1;

/** What the figures were measured on. */
export function machine() {
  return {
    revision: versionOf("git", ["-C", root, "describe", "--always", "--dirty"]),
    processor: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    ffmpeg: versionOf("ffmpeg", ["-version"]),
    gstreamer: versionOf("gst-launch-1.0", ["--version"]),
    pyav: versionOf("/usr/bin/python3", ["-c", "import av; print(av.__version__)"]),
  };
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {string | null} its first line; null when it is not installed
 */
function versionOf(command, args) {
  return spawnSync(command, args, { encoding: "utf8" }).stdout?.split("\n")[0] ?? null;
}

/** Watches, until `end` is called, how much of the processors other work takes. */
export function watchOtherWork() {
  const loadAtStart = itemAt(loadavg(), 0);
  const before = processorTime();
  return {
    /** Says whether other work disturbed the figures. */
    end() {
      const after = processorTime();
      const ours = after.own - before.own + after.idle - before.idle;
      const share = Math.max(0, 1 - ours / (after.all - before.all));
      const isDisturbed = loadAtStart > disturbingLoad || share > disturbingShare;
      const text =
        `load average at the start ${loadAtStart.toFixed(2)}; ` +
        `other work took ${(share * 100).toFixed(0)} % of the processors meanwhile.`;
      return { loadAtStart, share, text: `${isDisturbed ? "Disturbed" : "Undisturbed"}: ${text}` };
    },
  };
}

/**
 * In clock ticks: time of all processors, their idle part, and what this process and the children
 * that it waited for used.
 */
function processorTime() {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  // utime, stime, cutime, cstime.
  const own = (processStat("self") ?? []).slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { all: user + nice + system + idle + ioWait + irq + softIrq + steal, idle: idle + ioWait, own };
}

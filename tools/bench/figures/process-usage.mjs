import { readdirSync, readFileSync } from "node:fs";
import { processorSeconds, processStat } from "../../shared/proc.mjs";

/**
 * What a process and its children have used so far.
 *
 * @param {number} pid
 * @returns {{ processes: number, cpuSeconds: number, mebibytes: number }} memory that processes share counts once
 */
export function processUsage(pid) {
  const pids = [pid, ...descendants(pid)];
  return {
    processes: pids.length,
    cpuSeconds: pids.reduce((sum, each) => sum + processorSeconds(each), 0),
    mebibytes: pids.reduce((sum, each) => sum + proportionalMebibytes(each), 0),
  };
}

/** @returns {number[]} processes that `pid` and its children have started and that still run */
function descendants(pid) {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = processStat(name);
      return stat ? [[Number(name), Number(stat[1])]] : [];
    });
  const found = [];
  for (let level = [pid]; level.length > 0; ) {
    level = parents.filter(([, parent]) => level.includes(parent)).map(([child]) => child);
    found.push(...level);
  }
  return found;
}

function proportionalMebibytes(pid) {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]) / 1024;
  } catch {
    return 0;
  }
}

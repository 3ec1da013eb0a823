import { readdirSync, readFileSync } from "node:fs";
import { processorSeconds, processStat } from "../../shared/proc.mjs";

/**
 * @typedef {object} Usage of a process and its children
 * @property {number} processes
 * @property {number} cpuSeconds so far
 * @property {number} mebibytes memory that processes share counts once
 */

/**
 * @param {number} pid
 * @returns {Usage}
 */
export function processUsage(pid) {
  const pids = [pid, ...descendants(pid)];
  return {
    processes: pids.length,
    cpuSeconds: pids.reduce((sum, each) => sum + processorSeconds(each), 0),
    mebibytes: pids.reduce((sum, each) => sum + proportionalMebibytes(each), 0),
  };
}

/**
 * Running processes that a process and its children have started.
 *
 * @param {number} pid
 */
function descendants(pid) {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(processStat(Number(name))?.[1]) }));
  /** @type {number[]} */
  const found = [];
  for (let level = [pid]; level.length > 0; found.push(...level)) {
    const parents = level;
    level = processes.filter(({ parent }) => parents.includes(parent)).map(({ pid }) => pid);
  }
  return found;
}

/** @param {number} pid */
function proportionalMebibytes(pid) {
  try {
    const line = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

// What Linux reports about processes in /proc. Elsewhere, and of a process that has ended, nothing.
import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/**
 * Fields of /proc/PID/stat from the third (state) on.
 *
 * @param {number | "self"} pid
 * @returns {string[] | undefined}
 */
export function processStat(pid) {
  // The second field is the command's name, which may hold spaces and parentheses.
  return read(`${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .split(" ");
}

/**
 * Processor time of a process so far, without its children.
 *
 * @param {number} pid
 */
export function processorSeconds(pid) {
  const stat = processStat(pid);
  return stat ? (Number(stat[11]) + Number(stat[12])) / ticksPerSecond : 0;
}

/**
 * Resident memory of a process, MiB.
 *
 * @param {number} pid
 */
export function residentMiB(pid) {
  return statusNumber(pid, "VmRSS") / 1024;
}

/**
 * A number from /proc/PID/status.
 *
 * @param {number} pid
 * @param {string} name such as `Threads`
 */
export function statusNumber(pid, name) {
  const line = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(read(`${pid}/status`) ?? "");
  return Number(line?.[1] ?? 0);
}

/**
 * What the scheduler counts for each thread of a process, in milliseconds.
 *
 * @typedef {object} ThreadTimes
 * @property {number} ran time on a processor
 * @property {number} waited time that it could have run and had no processor
 */

/**
 * @param {number | "self"} pid
 * @returns {Map<string, ThreadTimes>} by thread ID; the first thread has the ID of the process
 */
export function threadTimes(pid) {
  /** @type {Map<string, ThreadTimes>} */
  const times = new Map();
  for (const thread of threadsOf(pid)) {
    const [ran, waited] = read(`${pid}/task/${thread}/schedstat`)?.split(" ") ?? [];
    if (waited !== undefined) times.set(thread, { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 });
  }
  return times;
}

/** @param {number | "self"} pid */
function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** @param {string} path below /proc */
function read(path) {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return undefined;
  }
}

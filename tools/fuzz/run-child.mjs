import { fork } from "node:child_process";
import { processorSeconds, threadTimes } from "../shared/proc.mjs";
import { compiled } from "./compile.mjs";

/**
 * @import { Job, Report } from "../../test/fuzz/child.js"
 *
 * @typedef {object} Death what a process died of
 * @property {number} number of the input; -1 before the first
 * @property {string} why
 */

/**
 * Processor time after which an input counts as hanging. Most take far less than a second, but 16
 * KB can be a thousand damaged IDR pictures of 4096x2160 that are all shown: each is decoded once
 * (20 to 25 ms, mostly FFmpeg's concealment) and converted (8 ms). So look at the number and size
 * of the pictures first.
 */
const mostProcessorSeconds = 60;
/** Time that an input runs or waits for something. Waiting for a processor does not count. */
const mostSeconds = 600;
/** Resident bytes of a process at any time. */
const mostRss = 2 * 2 ** 30;

/**
 * Runs a job in its own process, so that a crash or a hang of native code ends only that process.
 *
 * @param {Job} job
 * @param {(report: Report) => void} onReport
 * @param {() => boolean} [shouldStop] is asked after each input
 * @returns {Promise<{ death: Death | undefined }>} undefined when the process ended well
 */
export function runChild(job, onReport, shouldStop = () => false) {
  return new Promise((resolve) => {
    const child = fork(compiled("child.js"), [JSON.stringify(job)], {
      execArgv: ["--expose-gc", "--max-old-space-size=1024"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let current = -1;
    /** @type {string | undefined} */
    let killedFor;
    let stderr = "";
    child.stderr?.on("data", (bytes) => {
      stderr = (stderr + bytes).slice(-2000);
    });
    /** @param {string} why */
    const kill = (why) => {
      killedFor ??= why;
      child.kill("SIGKILL");
    };
    const now = () => ({ at: performance.now(), ...usageOf(child.pid) });
    let last = { at: performance.now(), used: 0, starved: 0 };
    const watchdog = setInterval(() => {
      const { at, used, starved } = now();
      const usedSeconds = used - last.used;
      const seconds = (at - last.at) / 1000 - (starved - last.starved);
      if (usedSeconds > mostProcessorSeconds || seconds > mostSeconds) {
        const took = `${Math.round(usedSeconds)} s of processor time, ${Math.round(seconds)} s in all`;
        kill(`hang: no end after ${took}`);
      }
    }, 1000);
    let isStopped = false;
    child.on("message", (/** @type {Report} */ report) => {
      last = now();
      if (report.kind === "begin") current = report.number;
      if ("rss" in report && report.rss > mostRss) {
        kill(`growth: ${Math.round(report.rss / 2 ** 20)} MiB resident`);
      }
      onReport(report);
      if (report.kind === "end" && shouldStop()) {
        isStopped = true;
        child.kill("SIGKILL");
      }
    });
    child.on("exit", (code, signal) => {
      clearInterval(watchdog);
      if (isStopped || (code === 0 && !killedFor)) return resolve({ death: undefined });
      const crash = `crash: the process ended with ${signal ?? `code ${code}`}`;
      const why = killedFor ?? (stderr ? `${crash}\n${stderr}` : crash);
      resolve({ death: { number: current, why } });
    });
  });
}

/**
 * Processor time of a process so far, and how long its main thread had to wait for a processor;
 * seconds.
 *
 * @param {number | undefined} pid undefined when it could not be started
 */
function usageOf(pid) {
  if (pid === undefined) return { used: 0, starved: 0 };
  return { used: processorSeconds(pid), starved: (threadTimes(pid).get(`${pid}`)?.waited ?? 0) / 1000 };
}

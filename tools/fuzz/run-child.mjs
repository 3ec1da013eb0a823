import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { compiled } from "./compile.mjs";

/**
 * Processor time after which an input hangs. Most take far less than a second; the slowest sound
 * ones come near it: 16 KB can be a thousand IDR pictures of 4096x2160, all damaged and all shown,
 * each decoded once (20 to 25 ms, most of it FFmpeg's concealment) and converted (8 ms). So before
 * one is called a hang, its pictures are to be counted, and their size.
 */
const mostProcessorSeconds = 60;
/**
 * Time in which it runs or waits for something; what the machine lets it wait for a processor does
 * not count.
 */
const mostSeconds = 600;
/** Resident bytes of a process at any time. */
const mostRss = 2 * 2 ** 30;

/**
 * Runs a job in a process of its own, so that a crash or a hang of native code ends only that.
 *
 * @param job what `test/fuzz/child.ts` is to do
 * @param {(report: object) => void} onReport
 * @param {() => boolean} shouldStop asked after each input
 * @returns {Promise<{ broken: { number: number, why: string } | undefined }>} what the process
 *   itself died of
 */
export function runChild(job, onReport, shouldStop = () => false) {
  return new Promise((resolve) => {
    const child = fork(compiled("child.js"), [JSON.stringify(job)], {
      execArgv: ["--expose-gc", "--max-old-space-size=1024"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let current = -1;
    let died;
    let said = "";
    child.stderr.on("data", (bytes) => {
      said = (said + bytes).slice(-2000);
    });
    const kill = (why) => {
      died ??= why;
      child.kill("SIGKILL");
    };
    const now = () => ({
      at: performance.now(),
      used: processorSeconds(child.pid),
      starved: starvedSeconds(child.pid),
    });
    let seen = { at: performance.now(), used: 0, starved: 0 };
    const watchdog = setInterval(() => {
      const { at, ...is } = now();
      const used = is.used - seen.used;
      const seconds = (at - seen.at) / 1000 - (is.starved - seen.starved);
      if (used > mostProcessorSeconds || seconds > mostSeconds) {
        kill(`hang: no end after ${Math.round(used)} s of processor time, ${Math.round(seconds)} s in all`);
      }
    }, 1000);
    let stopped = false;
    child.on("message", (report) => {
      seen = now();
      if (report.kind === "begin") current = report.number;
      if (report.rss > mostRss) kill(`growth: ${Math.round(report.rss / 2 ** 20)} MiB resident`);
      onReport(report);
      if (report.kind === "end" && shouldStop()) {
        stopped = true;
        child.kill("SIGKILL");
      }
    });
    child.on("exit", (code, signal) => {
      clearInterval(watchdog);
      if (stopped || (code === 0 && !died)) return resolve({ broken: undefined });
      const how = died ?? `crash: the process ended with ${signal ?? `code ${code}`}`;
      resolve({ broken: { number: current, why: said && !died ? `${how}\n${said}` : how } });
    });
  });
}

/** What a process has used so far; 0 where there is no /proc to ask. */
function processorSeconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/**
 * How long its main thread was kept from running although it had something to do; 0 where there is
 * no /proc to ask.
 */
function starvedSeconds(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e9;
  } catch {
    return 0;
  }
}

import { setTimeout as sleep } from "node:timers/promises";

/**
 * @import { Plan } from "../plan.mjs"
 * @import { Verdict } from "./judge.mjs"
 */

const timeoutMs = 60_000;

/**
 * A run that throws or does not end in time has failed.
 *
 * @param {Plan} plan
 * @param {() => Promise<Verdict>} run
 * @returns {Promise<Verdict>}
 */
export async function verdictInTime(plan, run) {
  const isOver = new AbortController();
  const late = sleep(timeoutMs, undefined, { signal: isOver.signal }).then(() => {
    throw new Error(`it still ran after ${timeoutMs / 1000} s`);
  });
  // Its end by the signal is no error.
  late.catch(() => {});
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    return failedVerdict(plan, error);
  } finally {
    isOver.abort();
  }
}

/**
 * @param {Plan} plan
 * @param {unknown} error
 * @returns {Verdict}
 */
export function failedVerdict({ stream, parts }, error) {
  return {
    stream: stream.name,
    sent: parts.length,
    shown: 0,
    torn: 0,
    failures: [String(error)],
    late: [],
    causes: [],
    issues: "",
    recoveries: [],
    systemLost: 0,
  };
}

// Sends access units over TCP in its own thread, so that it is in time while the receiver's thread
// decodes.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { connectTcp } from "./senders.mjs";

/**
 * @typedef {object} PacedClip what the thread is given
 * @property {number} port
 * @property {readonly Uint8Array[]} accessUnits
 * @property {number} intervalMs
 */

/** The process's monotonic clock, ms: nalive's clock, and the same in every thread. */
export const monotonicMs = () => Number(process.hrtime.bigint() / 1000n) / 1000;

/**
 * Sends one access unit per interval.
 *
 * @param {number} port
 * @param {readonly Uint8Array[]} accessUnits
 * @param {number} intervalMs
 * @returns {Promise<number[]>} when each was sent, by `monotonicMs`
 */
export async function sendPaced(port, accessUnits, intervalMs) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { port, accessUnits, intervalMs } });
  const [sentAt] = await once(worker, "message");
  return sentAt;
}

if (!isMainThread) {
  const { port, accessUnits, intervalMs } = /** @type {PacedClip} */ (workerData);
  const sender = await connectTcp(port);
  const sentAt = [];
  const start = monotonicMs();
  for (const [index, bytes] of accessUnits.entries()) {
    await sleep(Math.max(0, start + index * intervalMs - monotonicMs()));
    sentAt.push(monotonicMs());
    await sender.write(bytes);
  }
  parentPort?.postMessage(sentAt);
  sender.close();
}

// Sends access units over TCP from a thread of its own, so that it is in time while the receiver's thread decodes.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { connectTcp } from "./senders.mjs";

/** The process's monotonic clock, ms, as nalive's; the same in every thread. */
export const monotonicMs = () => Number(process.hrtime.bigint() / 1000n) / 1000;

/**
 * Sends one access unit each interval.
 * @returns {Promise<number[]>} when each was sent, by `monotonicMs`
 */
export async function sendPaced(port, accessUnits, intervalMs) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { port, accessUnits, intervalMs } });
  const [sentAt] = await once(worker, "message");
  return sentAt;
}

if (!isMainThread) {
  const { port, accessUnits, intervalMs } = workerData;
  const sender = await connectTcp(port);
  const sentAt = [];
  const start = monotonicMs();
  for (const [index, bytes] of accessUnits.entries()) {
    await sleep(Math.max(0, start + index * intervalMs - monotonicMs()));
    sentAt.push(monotonicMs());
    await sender.write(bytes);
  }
  parentPort.postMessage(sentAt);
  sender.close();
}

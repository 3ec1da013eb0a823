import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FrameReader, makePipe } from "./frame-reader.mjs";
import { freePort, waitUntilListening } from "./listening.mjs";
import { readNumber } from "./picture-number.mjs";
import { outputDirectory } from "./places.mjs";
import { connectTcp } from "./senders.mjs";

/** Time for a receiver that listens to finish starting. */
const settleMs = 700;
/** After the last picture the connection stays open so long: what comes later came only because the input ended. */
const lingerMs = 500;
const exitTimeoutMs = 10_000;

/**
 * @typedef {object} Step what is sent at one time
 * @property {number} dueMs from the start
 * @property {{ bytes: Buffer, waitMs?: number }[]} writes in order, each after its wait
 * @property {number[]} completes access units, by index, of which this step sends the last byte
 *
 * @typedef {object} LiveRun
 * @property {number[]} sentAt when the kernel had the last byte of each access unit
 * @property {number} firstByteAt
 * @property {number} closedAt when the sender closed the connection
 * @property {{ number: number | undefined, at: number, digest: unknown }[]} shown
 * @property {object | undefined} summary nalive's own, when a stats file was asked for
 * @property {string} stderr
 */

/** Steps of a sender that writes one access unit at a time, evenly, each in one write. */
export function evenSteps(clip) {
  const interval = 1000 / clip.spec.fps;
  return clip.accessUnits.map((bytes, index) => ({ dueMs: index * interval, writes: [{ bytes }], completes: [index] }));
}

/**
 * Starts a receiver, sends it a clip and notes when each picture is in hand: all its bytes read from the pipe. Sender
 * and reader share this process, hence one clock.
 *
 * @param {object} given
 * @param {import("./receivers.mjs").Receiver} given.receiver
 * @param {import("./clips.mjs").Clip} given.clip
 * @param {Step[]} given.steps
 * @param {"bgr24" | "yuv420p"} [given.format]
 * @param {(port: number) => Promise<{ write(bytes: Buffer): Promise<number>, close(): void }>} [given.connect]
 * @param {boolean} [given.withStatistics] ask nalive for its own figures
 * @param {(frame: Buffer) => unknown} [given.digest] of each frame, taken after its time was noted
 * @returns {Promise<LiveRun>}
 */
export async function runLive({ receiver, clip, steps, format = "bgr24", connect = connectTcp, withStatistics, digest }) {
  const { width, height } = clip.spec;
  const bytesPerPixel = format === "bgr24" ? 3 : 1;
  const frameSize = format === "bgr24" ? width * height * 3 : (width * height * 3) / 2;
  const statsFile = withStatistics ? join(outputDirectory, `stats-${process.pid}.jsonl`) : undefined;
  if (statsFile) mkdirSync(outputDirectory, { recursive: true });
  const port = await freePort();
  const pipe = makePipe();
  const shown = [];
  const reader = new FrameReader(pipe.readEnd, frameSize, (frame, at) => {
    shown.push({ number: readNumber(frame, width, bytesPerPixel), at, digest: digest?.(frame) });
  });
  const [command, args] = receiver.command(port, format, statsFile);
  const child = spawn(command, args, { stdio: ["ignore", pipe.writeEnd, "pipe"] });
  pipe.closeWriteEnd();
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const exited = once(child, "exit");
  try {
    await waitUntilListening(port, () => child.exitCode !== null);
    await sleep(settleMs);
    const sender = await connect(port);
    const { sentAt, firstByteAt } = await send(sender, steps);
    await sleep(lingerMs);
    const closedAt = performance.now();
    sender.close();
    await within(Promise.all([exited, reader.ended]), exitTimeoutMs, `${receiver.name} did not end: ${stderr}`);
    const summary = statsFile && existsSync(statsFile) ? lastLine(statsFile) : undefined;
    return { sentAt, firstByteAt, closedAt, shown, summary, stderr };
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
    if (statsFile) rmSync(statsFile, { force: true });
  }
}

async function send(sender, steps) {
  const sentAt = [];
  const start = performance.now();
  let firstByteAt;
  for (const { dueMs, writes, completes } of steps) {
    await sleep(Math.max(0, start + dueMs - performance.now()));
    let at = 0;
    for (const { bytes, waitMs } of writes) {
      if (waitMs) await sleep(waitMs);
      firstByteAt ??= performance.now();
      at = await sender.write(bytes);
    }
    for (const index of completes) sentAt[index] = at;
  }
  return { sentAt, firstByteAt };
}

async function within(promise, timeoutMs, message) {
  const late = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(message);
  });
  timeout.catch(() => {}); // aborted below
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    late.abort();
  }
}

function lastLine(path) {
  return JSON.parse(readFileSync(path, "utf8").trim().split("\n").at(-1));
}

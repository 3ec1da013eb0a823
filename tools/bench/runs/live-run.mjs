import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readNumber } from "../clips/picture-number.mjs";
import { outputDirectory } from "../figures/places.mjs";
import { ReceiverProcess } from "./receiver-process.mjs";
import { connectTcp } from "./senders.mjs";

/** After the last picture the connection stays open so long: what comes later came only because the input ended. */
const lingerMs = 500;

/**
 * @typedef {object} Step what is sent at one time
 * @property {number} dueMs from the start
 * @property {{ bytes: Buffer, waitMs?: number }[]} writes in order, each after its wait
 * @property {number[]} completes access units, by index, of which this step sends the last byte
 */

/** Steps of a sender that writes one access unit at a time, evenly, each in one write. */
export function evenSteps(clip) {
  const interval = 1000 / clip.spec.fps;
  return clip.accessUnits.map((bytes, index) => ({
    dueMs: index * interval,
    writes: [{ bytes }],
    completes: [index],
  }));
}

/** Bytes of a frame. */
export function frameSize({ width, height }, format) {
  return format === "bgr24" ? width * height * 3 : (width * height * 3) / 2;
}

/**
 * Starts a receiver, sends it a clip and notes when each picture is in hand: all its bytes read from the pipe. Sender
 * and reader share this process, hence one clock.
 *
 * @param {object} given
 * @param {import("./receivers.mjs").Receiver} given.receiver
 * @param {import("../clips/clips.mjs").Clip} given.clip
 * @param {Step[]} given.steps
 * @param {"bgr24" | "yuv420p"} [given.format]
 * @param {(port: number) => Promise<{ write(bytes: Buffer): Promise<number>, close(): void }>} [given.connect]
 * @param {boolean} [given.withSummary] ask nalive for its own figures
 * @param {(frame: Buffer) => unknown} [given.digest] of each frame, taken after its time was noted
 * @param {(pid: number) => unknown} [given.measure] looks at the receiver's process
 * @returns {Promise<import("./judge.mjs").LiveRun>}
 */
export async function runLive({
  receiver,
  clip,
  steps,
  format = "bgr24",
  connect = connectTcp,
  withSummary,
  digest,
  measure,
}) {
  const { spec } = clip;
  const shown = [];
  const bytesPerPixel = format === "bgr24" ? 3 : 1;
  const onFrame = (frame, at) =>
    shown.push({ number: readNumber(frame, spec.width, bytesPerPixel), at, digest: digest?.(frame) });
  const statsFile = withSummary ? join(outputDirectory, `stats-${process.pid}.jsonl`) : undefined;
  if (statsFile) mkdirSync(outputDirectory, { recursive: true });
  const started = await ReceiverProcess.start(receiver, {
    format,
    frameSize: frameSize(spec, format),
    onFrame,
    statsFile,
  });
  try {
    const sender = await connect(started.port);
    const atStart = measure?.(started.pid);
    const { sentAt, firstByteAt } = await send(sender, steps);
    await sleep(lingerMs);
    const measured = measure && { atStart, atEnd: measure(started.pid) };
    const closedAt = performance.now();
    sender.close();
    await started.end();
    const summary = statsFile && existsSync(statsFile) ? lastLine(statsFile) : undefined;
    return { sentAt, firstByteAt, closedAt, shown, summary, measured };
  } finally {
    started.kill();
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

function lastLine(path) {
  return JSON.parse(readFileSync(path, "utf8").trim().split("\n").at(-1));
}

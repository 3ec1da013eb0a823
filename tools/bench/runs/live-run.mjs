import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readNumber } from "../clips/picture-number.mjs";
import { outputDirectory } from "../figures/places.mjs";
import { ReceiverProcess } from "./receiver-process.mjs";
import { connectTcp } from "./senders.mjs";

/**
 * @import { Clip, ClipSpec } from "../clips/clips.mjs"
 * @import { LiveRun, ShownPicture } from "./judge.mjs"
 * @import { PixelFormat, Receiver } from "./receivers.mjs"
 * @import { Sender } from "./senders.mjs"
 *
 * @typedef {object} Step what is sent at one time
 * @property {number} dueMs from the start
 * @property {Write[]} writes in order
 * @property {readonly number[]} completes indexes of the access units whose last byte this step
 *   sends
 *
 * @typedef {{ bytes: Buffer, waitMs?: number }} Write `waitMs`: wait before it
 *
 * @typedef {Omit<LiveRun, "shown"> & { shown: DigestedPicture[] }} DigestedRun
 *
 * @typedef {ShownPicture & { digest: string | undefined }} DigestedPicture
 *
 * @typedef {object} ReceiverStatistics nalive's own, as far as they are read here
 * @property {number} healed
 */

/**
 * The connection stays open this long after the last picture. Later pictures come because the input
 * ends.
 */
const lingerMs = 500;

/**
 * Steps of a sender that writes one access unit at a time, evenly, each in one write.
 *
 * @param {Clip} clip
 * @returns {Step[]}
 */
export function evenSteps(clip) {
  const interval = 1000 / clip.spec.fps;
  return clip.accessUnits.map((bytes, index) => ({
    dueMs: index * interval,
    writes: [{ bytes }],
    completes: [index],
  }));
}

/**
 * Bytes of a frame.
 *
 * @param {ClipSpec} spec
 * @param {PixelFormat} format
 */
export function frameSize({ width, height }, format) {
  return format === "bgr24" ? width * height * 3 : (width * height * 3) / 2;
}

/**
 * Starts a receiver, sends it a clip and notes when each picture is in hand: when all its bytes are
 * read from the pipe. Sender and reader share this process, hence one clock.
 *
 * @template M
 * @param {object} given
 * @param {Receiver} given.receiver
 * @param {Clip} given.clip
 * @param {readonly Step[]} given.steps
 * @param {PixelFormat} [given.format]
 * @param {(port: number) => Promise<Sender>} [given.connect]
 * @param {boolean} [given.withStatistics] asks nalive for its own figures
 * @param {((frame: Buffer) => string) | undefined} [given.digest] of each frame, after its time was
 *   noted
 * @param {(pid: number) => M} [given.measure] looks at the receiver's process, before the first
 *   byte and after the last
 * @returns {Promise<DigestedRun & { statistics: ReceiverStatistics | undefined, measured: M[] }>}
 */
export async function runLive({
  receiver,
  clip,
  steps,
  format = "bgr24",
  connect = connectTcp,
  withStatistics,
  digest,
  measure,
}) {
  const { spec } = clip;
  /** @type {DigestedPicture[]} */
  const shown = [];
  const bytesPerPixel = format === "bgr24" ? 3 : 1;
  const statsFile = withStatistics ? join(outputDirectory, `stats-${process.pid}.jsonl`) : undefined;
  if (statsFile) mkdirSync(outputDirectory, { recursive: true });
  const started = await ReceiverProcess.start(receiver, {
    format,
    frameSize: frameSize(spec, format),
    onFrame: (frame, at) =>
      shown.push({ number: readNumber(frame, spec.width, bytesPerPixel), at, digest: digest?.(frame) }),
    statsFile,
  });
  try {
    const sender = await connect(started.port);
    const measured = measure ? [measure(started.pid)] : [];
    const { sentAt, firstByteAt } = await send(sender, steps);
    await sleep(lingerMs);
    if (measure) measured.push(measure(started.pid));
    const closedAt = performance.now();
    sender.close();
    await started.end();
    const statistics = statsFile && existsSync(statsFile) ? lastLine(statsFile) : undefined;
    return { sentAt, firstByteAt, closedAt, shown, statistics, measured };
  } finally {
    started.kill();
    if (statsFile) rmSync(statsFile, { force: true });
  }
}

/**
 * @param {Sender} sender
 * @param {readonly Step[]} steps
 */
async function send(sender, steps) {
  /** @type {number[]} */
  const sentAt = [];
  const start = performance.now();
  let firstByteAt = Number.NaN;
  for (const { dueMs, writes, completes } of steps) {
    await sleep(Math.max(0, start + dueMs - performance.now()));
    let at = 0;
    for (const { bytes, waitMs } of writes) {
      if (waitMs) await sleep(waitMs);
      if (Number.isNaN(firstByteAt)) firstByteAt = performance.now();
      at = await sender.write(bytes);
    }
    for (const index of completes) sentAt[index] = at;
  }
  return { sentAt, firstByteAt };
}

/**
 * @param {string} path
 * @returns {ReceiverStatistics}
 */
function lastLine(path) {
  return JSON.parse(readFileSync(path, "utf8").trim().split("\n").at(-1) ?? "");
}

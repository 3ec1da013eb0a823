// A single group of pictures that lasts an hour, played many times faster than live. Stalls make
// the receiver guess the ends of pictures wrongly. After losses the stream recovers by itself:
// within some pictures, each macroblock is sent again.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { open } from "../../dist/node/index.js";
import { median } from "../shared/statistics.mjs";
import { StreamWriter } from "./clips/written.mjs";
import { residentMiB } from "./run/memory.mjs";

/** At 30 per second. */
const picturesOfAnHour = 108_000;
const size = { columns: 3, rows: 2 };
const stallEvery = 1777;
const lossEvery = 27_011;
/** Pictures held back after a loss: as many as `GradualRefresh` needs to be sure, and more. */
const mostHeldBack = 400;
/** Once caches are full, memory grows only by garbage that is not collected yet. */
const mostGrowthMiB = 48;
const digestBytes = 16;
/** The stream hangs when no picture comes for this long. */
const mostSilenceMs = 10_000;

/**
 * @typedef {object} Progress
 * @property {Buffer} digests of the pictures that were sent, one after the other
 * @property {Set<number>} lost numbers of the pictures that were not sent
 * @property {number} sent pictures, with those that were lost
 * @property {number} last number of the latest picture shown
 * @property {number} shown
 * @property {number} torn pictures that differ from what was sent
 * @property {number} missing pictures that were not shown, with those that were lost
 * @property {number} lastAt when the latest picture was shown
 */

/** @returns {Promise<{ text: string, failures: string[] }>} */
export async function hourLongGop({ pictures = picturesOfAnHour, perSecond = 2500 } = {}) {
  /** @type {Progress} */
  const progress = {
    digests: Buffer.alloc(pictures * digestBytes),
    lost: new Set(),
    sent: 0,
    last: -1,
    shown: 0,
    torn: 0,
    missing: 0,
    lastAt: performance.now(),
  };
  /** @type {(port: number) => void} */
  let tellPort;
  /** @type {Promise<number>} */
  const port = new Promise((resolve) => {
    tellPort = resolve;
  });
  const stream = open("tcp://127.0.0.1:0?listen", {
    format: "native",
    delivery: "every",
    onState: (state) => {
      if (state.type === "listening" && state.port !== undefined) tellPort(state.port);
    },
  });
  const reading = (async () => {
    for await (const frame of stream) note(progress, frame.data);
  })();
  const watch = watchMemory();
  const started = performance.now();
  await send(await port, pictures, perSecond, progress);
  while (progress.last < pictures - 1 && performance.now() - progress.lastAt < mostSilenceMs) await sleep(20);
  const seconds = (performance.now() - started) / 1000;
  const issues = (await stream.statistics())?.issues ?? [];
  const memory = watch.end();
  await stream.close();
  await reading;

  const { last, lost, shown, torn, missing } = progress;
  const counted = issues.map(({ code, count }) => `${code} ${count}`).join(", ") || "none";
  const failures = [];
  if (last < pictures - 1) failures.push(`hang: nothing was shown after picture ${last} of ${pictures}`);
  if (torn > 0) failures.push(`${torn} pictures differ from what was written`);
  if (missing > lost.size * mostHeldBack)
    failures.push(
      `${missing} pictures are not shown, expected at most ${mostHeldBack} for each of ${lost.size} losses`,
    );
  if (memory.growth > mostGrowthMiB)
    failures.push(
      `growth: ${memory.growth.toFixed(0)} MiB after the first quarter, expected at most ${mostGrowthMiB}`,
    );
  if (lost.size > 0 && !issues.some(({ code }) => code === "frame-num-gap"))
    failures.push("no counter names the losses");
  const minutes = (pictures / 30 / 60).toFixed(0);
  const text =
    `hour-long-gop: ${pictures} pictures (${minutes} min of stream) in ${seconds.toFixed(0)} s, ` +
    `shown ${shown}, torn ${torn}, ${lost.size} lost, ${missing} held back or lost; ` +
    `memory at most ${memory.most.toFixed(0)} MiB, ${memory.growth.toFixed(0)} more at the end than at a quarter; ` +
    `counted: ${counted}`;
  return { text, failures };
}

/**
 * @param {number} port
 * @param {number} pictures
 * @param {number} perSecond
 * @param {Progress} progress
 */
async function send(port, pictures, perSecond, progress) {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  /** @param {Uint8Array} bytes */
  const write = (bytes) => socket.write(bytes) || once(socket, "drain");
  const writer = new StreamWriter(size);
  const begun = performance.now();
  let stalled = 0;
  for (let number = 0; number < pictures; number++) {
    const bytes = writer.picture(number, number === 0);
    createHash("md5")
      .update(writer.planes)
      .digest()
      .copy(progress.digests, number * digestBytes);
    progress.sent = number + 1;
    if (number % lossEvery === lossEvery - 1) {
      progress.lost.add(number);
      continue;
    }
    if (number % stallEvery === stallEvery - 1) {
      await write(bytes.subarray(0, bytes.length - 9));
      const ms = [2, 5, 12, 130][number % 4] ?? 0;
      await sleep(ms);
      stalled += ms;
      await write(bytes.subarray(bytes.length - 9));
    } else await write(bytes);
    const ahead = begun + stalled + ((number + 1) * 1000) / perSecond - performance.now();
    if (ahead > 2) await sleep(ahead);
  }
  socket.end();
}

/**
 * Finds the picture shown among those that may come next.
 *
 * @param {Progress} progress
 * @param {Uint8Array} data
 */
function note(progress, data) {
  const digest = createHash("md5").update(data).digest();
  progress.lastAt = performance.now();
  progress.shown++;
  for (let number = progress.last + 1; number < progress.sent; number++) {
    const start = number * digestBytes;
    if (progress.digests.compare(digest, 0, digestBytes, start, start + digestBytes) !== 0) continue;
    progress.missing += number - progress.last - 1;
    progress.last = number;
    return;
  }
  progress.torn++;
}

/** Watches resident memory. Its growth counts from a quarter of the time to the end. */
function watchMemory() {
  /** @type {number[]} */
  const samples = [];
  const timer = setInterval(() => samples.push(residentMiB()), 250);
  return {
    end() {
      clearInterval(timer);
      const quarter = Math.floor(samples.length / 4);
      const growth = median(samples.slice(-8)) - median(samples.slice(quarter, quarter + 8));
      return { most: Math.max(0, ...samples), growth };
    },
  };
}

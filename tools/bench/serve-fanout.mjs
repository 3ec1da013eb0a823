import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { itemAt } from "../shared/item-at.mjs";
import { residentMiB, threadTimes } from "../shared/proc.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { formatCounts, formatSpread } from "./figures/cells.mjs";
import { peersDirectory } from "./figures/places.mjs";
import { alternate } from "./figures/rounds.mjs";
import { delaySummary } from "./figures/statistics.mjs";
import { tcpSocketOf } from "./runs/senders.mjs";
import { ServerProcess } from "./runs/server-process.mjs";

/**
 * @import { Clip } from "./clips/clips.mjs"
 * @import { Outcome } from "./figures/rounds.mjs"
 * @import { DelaySummary } from "./figures/statistics.mjs"
 * @import { AudienceMessage, AudienceSettings, Viewing } from "./runs/fanout-viewers.mjs"
 *
 * @typedef {object} Contestant
 * @property {string} name
 * @property {() => Promise<ServerProcess>} start
 * @property {boolean} numbered pictures carry their numbers in nalive's wire form
 *
 * @typedef {object} Verdict
 * @property {DelaySummary} delays ms
 * @property {number} missing pictures that a viewer did not get
 * @property {number} processorMs per picture sent
 * @property {number} mebibytes
 * @property {number} mebibytesPerStream beyond what the server had before the first publisher
 */

export const title = "One stream to 300 viewers, and 100 streams to one viewer each";

const viewersProcess = fileURLToPath(new URL("runs/fanout-viewers.mjs", import.meta.url));

/** Pictures before the first that counts: by then code is optimised, and a group has been sent. */
const warmUp = 90;

/** @type {Contestant[]} */
const servers = [
  {
    name: "bare ws broadcast",
    start: () => ServerProcess.start((port) => [join(peersDirectory, "ws-broadcast.mjs"), `${port}`]),
    numbered: false,
  },
  {
    name: "nalive serve",
    start: () => ServerProcess.startNalive(["--log", "silent"]),
    numbered: true,
  },
];

const cases = [
  { caption: "1 stream of 4 Mbit/s, 300 viewers", streams: 1, viewers: 300, spec: cameraSpec },
  {
    caption: "100 streams of 1 Mbit/s, 1 viewer each",
    streams: 100,
    viewers: 1,
    spec: { ...cameraSpec, width: 640, height: 360, kilobits: 1000 },
  },
];

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ pictures, rounds }) {
  const tables = [];
  /** @type {Record<string, Verdict[]>} */
  const figures = {};
  for (const { caption, streams, viewers, spec } of cases) {
    const clip = await makeClip({ ...spec, pictures: pictures + warmUp });
    const outcomes = await alternate(rounds, servers, (server) => measure(server, clip, streams, viewers));
    for (const { name, rounds } of outcomes) {
      figures[`${caption}: ${name}`] = rounds;
      if (rounds.every(({ missing }) => missing === 0)) continue;
      console.error(`FAILED: ${caption}: ${name}: a viewer did not get every picture, once and in order`);
      process.exitCode = 1;
    }
    tables.push({ caption, header, rows: outcomes.map((outcome) => rowOf(outcome, streams)) });
  }
  return {
    tables,
    notes: [
      "From the publisher's send to the last byte at a viewer. All publishers and viewers run on this machine.",
      "Both servers get whole pictures in messages, so neither waits for the end of a picture. Streams are spread over the",
      "picture interval. All send their IDR picture, five times as large, in the same one: 1 in 60 pictures decides p99.",
      "The bare server forwards bytes. nalive finds the picture in them, looks for damage, numbers it and keeps the group.",
      "The first 3 s do not count, for either.",
      "MiB per stream: what the server uses beyond its memory before the first publisher, by stream, with its viewers.",
      "Target: p99 and processor time at most 1.2 times those of the bare broadcast, and every picture at every viewer.",
    ],
    figures,
  };
}

const header = [
  "",
  "p50 ms",
  "p99 ms",
  "processor, ms per picture sent",
  "MiB",
  "MiB per stream",
  "missing pictures",
];

/**
 * @param {Outcome<Contestant, Verdict>} outcome
 * @param {number} streams
 */
function rowOf({ name, rounds }, streams) {
  /**
   * @param {(verdict: Verdict) => number} figure
   * @param {number} digits
   */
  const spread = (figure, digits) => formatSpread(rounds.map(figure), digits);
  return [
    name,
    spread(({ delays }) => delays.p50, 2),
    spread(({ delays }) => delays.p99, 2),
    spread(({ processorMs }) => processorMs, 3),
    spread(({ mebibytes }) => mebibytes, 0),
    // One stream's figure would mostly show what starting has left behind.
    streams === 1 ? "" : spread(({ mebibytesPerStream }) => mebibytesPerStream, 2),
    formatCounts(rounds.map(({ missing }) => missing)),
  ];
}

/**
 * @param {Contestant} contestant
 * @param {Clip} clip
 * @param {number} streamCount
 * @param {number} viewers of each stream
 * @returns {Promise<Verdict>}
 */
async function measure({ start, numbered }, clip, streamCount, viewers) {
  const names = Array.from({ length: streamCount }, (_, index) => `cam${index}`);
  const server = await start();
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let audience;
  try {
    const idleMebibytes = residentMiB(server.pid);
    const publishers = await Promise.all(names.map((name) => publish(server.port, name)));
    // nalive knows a stream once its first publisher has connected. It starts with a random access
    // point.
    /** @type {AudienceSettings} */
    const settings = { streams: names, viewers, numbered };
    audience = fork(viewersProcess, [`${server.port}`, JSON.stringify(settings)]);
    await once(audience, "message");
    await sleep(300);
    const { sentAt, processorMs, mebibytes } = await send(clip, publishers, server.pid);
    await sleep(500);
    audience.send("end");
    const [message] = /** @type {AudienceMessage[]} */ (await once(audience, "message"));
    const received = message?.type === "received" ? message.received : [];
    const mebibytesPerStream = (mebibytes - idleMebibytes) / streamCount;
    return { ...judge(received, sentAt), processorMs, mebibytes, mebibytesPerStream };
  } finally {
    audience?.kill();
    await server.stop();
  }
}

/**
 * @param {number} port
 * @param {string} name
 */
async function publish(port, name) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/publish/${name}`, { perMessageDeflate: false });
  await once(ws, "open");
  tcpSocketOf(ws).setNoDelay(true);
  return { name, ws };
}

/**
 * Sends the clip at its rate on all publishers, spread evenly over the picture interval.
 *
 * @param {Clip} clip
 * @param {readonly { name: string, ws: WebSocket }[]} publishers
 * @param {number} pid of the server
 */
async function send({ accessUnits, spec }, publishers, pid) {
  /** @type {Map<string, number[]>} When each picture of a stream was sent, µs. */
  const sentAt = new Map(publishers.map(({ name }) => [name, []]));
  const interval = 1000 / spec.fps;
  const start = performance.now() + 50;
  let before = 0;
  for (const [picture, bytes] of accessUnits.entries()) {
    if (picture === warmUp) before = processorTime(pid);
    for (const [index, { name, ws }] of publishers.entries()) {
      const due = start + (picture + index / publishers.length) * interval;
      const wait = due - performance.now();
      if (wait > 1) await sleep(wait);
      sentAt.get(name)?.push(Number(process.hrtime.bigint() / 1000n));
      ws.send(bytes);
    }
  }
  await sleep(200);
  const sent = (accessUnits.length - warmUp) * publishers.length;
  return { sentAt, processorMs: (processorTime(pid) - before) / sent, mebibytes: residentMiB(pid) };
}

/**
 * Every viewer must have got every picture, once and in order. The last one does not count: nothing
 * says that it is complete.
 *
 * @param {readonly Viewing[]} received
 * @param {ReadonlyMap<string, readonly number[]>} sentAt
 */
function judge(received, sentAt) {
  const delays = [];
  let missing = 0;
  for (const { stream, times, gaps } of received) {
    missing += gaps;
    const sent = sentAt.get(stream) ?? [];
    for (let picture = 0; picture < sent.length - 1; picture++) {
      const at = times[picture];
      if (at === undefined || at === null) missing++;
      else if (picture >= warmUp) delays.push((at - itemAt(sent, picture)) / 1000);
    }
  }
  return { delays: delaySummary(delays), missing };
}

/**
 * Processor time so far of all threads that run, ms. Counted in ns, where /proc/PID/stat has ticks
 * of 10 ms.
 *
 * @param {number} pid
 */
function processorTime(pid) {
  return [...threadTimes(pid).values()].reduce((sum, { ran }) => sum + ran, 0);
}

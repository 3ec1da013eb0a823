import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freeTcpPort } from "../shared/ports.mjs";
import { residentMiB, statusNumber } from "../shared/proc.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { collectedMemory } from "./figures/collected-memory.mjs";
import { outputDirectory } from "./figures/places.mjs";
import { linePlot } from "./figures/plot.mjs";
import { slope } from "./figures/statistics.mjs";
import { ServerProcess } from "./runs/server-process.mjs";
import { SoakPlay } from "./runs/soak-play.mjs";

/**
 * @import { Report } from "./figures/report.mjs"
 *
 * @typedef {object} Counts what a server holds
 * @property {number} mebibytes resident
 * @property {number} descriptors
 * @property {number} threads
 *
 * @typedef {Counts & { seconds: number, present: number }} Sample `present`: publishers and viewers
 *
 * @typedef {Counts & ServerState & Awaited<ReturnType<typeof collectedMemory>>} Rest what a server
 *   holds when nobody has been there for a while
 *
 * @typedef {object} ServerState
 * @property {number} streams
 * @property {number} viewers
 * @property {Record<string, number>} resources that keep its event loop alive, by kind
 *
 * @typedef {object} Soak
 * @property {number} minutes
 * @property {readonly Sample[]} samples
 * @property {Rest} before
 * @property {Rest} after
 * @property {Record<string, number>} visits by part
 */

export const title = "A server with publishers and viewers that come and go";

const restMs = 25_000;

const clipSpecs = [
  { ...cameraSpec, width: 640, height: 360, kilobits: 1000, pictures: 90 },
  { ...cameraSpec, width: 320, height: 180, kilobits: 200 },
];

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ quick, minutes: asked = 30 }) {
  const minutes = quick ? 1 : asked;
  const clips = [];
  for (const spec of clipSpecs) clips.push(await makeClip(spec));
  const folder = mkdtempSync(join(tmpdir(), "nalive-soak-"));
  const inspectorPort = await freeTcpPort();
  const server = await ServerProcess.startNalive(
    ["--recordings", folder, "--log", "error"],
    [`--inspect=127.0.0.1:${inspectorPort}`],
  );
  /** @type {Sample[]} */
  const samples = [];
  /** @type {NodeJS.Timeout | undefined} */
  let sampling;
  try {
    const play = new SoakPlay(server.url, clips, folder);
    // Plays each part once, so that what is made once is made before the first count.
    await play.run(30_000);
    const before = await atRest(server, inspectorPort);
    const start = performance.now();
    sampling = setInterval(() => {
      const seconds = (performance.now() - start) / 1000;
      samples.push({ seconds, ...countsOf(server.pid), present: play.present });
    }, 1000);
    await play.run(minutes * 60_000);
    clearInterval(sampling);
    const after = await atRest(server, inspectorPort);
    if (server.hasEnded) throw new Error("The server has ended");
    return report({ minutes, samples, before, after, visits: play.visits });
  } finally {
    clearInterval(sampling);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {ServerProcess} server
 * @param {number} inspectorPort
 * @returns {Promise<Rest>}
 */
async function atRest({ url, pid }, inspectorPort) {
  await sleep(restMs);
  /** @type {{ streams: number, viewers: number }} */
  const { streams, viewers } = await (await fetch(`${url}/healthz`)).json();
  const metrics = await (await fetch(`${url}/metrics`, { headers: { Connection: "close" } })).text();
  const resources = Object.fromEntries(
    [...metrics.matchAll(/^nalive_active_resources\{kind="(\w+)"\} (\d+)$/gm)].map(([, kind, count]) => [
      kind,
      Number(count),
    ]),
  );
  const counts = countsOf(pid);
  return { streams, viewers, resources, ...counts, ...(await collectedMemory(inspectorPort)) };
}

/**
 * @param {number} pid
 * @returns {Counts}
 */
function countsOf(pid) {
  return {
    mebibytes: residentMiB(pid),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: statusNumber(pid, "Threads"),
  };
}

/**
 * @param {Soak} soak
 * @returns {Report}
 */
function report({ minutes, samples, before, after, visits }) {
  const secondHalf = samples.slice(samples.length >> 1);
  const memory = secondHalf.map(({ mebibytes }) => mebibytes);
  /** @type {[number, number][]} */
  const points = secondHalf.map(({ seconds, mebibytes }) => [seconds, mebibytes]);
  const slopePerHour = slope(points) * 3600;
  /** @param {keyof Counts} key */
  const most = (key) => Math.max(...samples.map((sample) => sample[key]));
  /**
   * @param {string} what
   * @param {(rest: Rest) => string | number} of
   * @param {string | number} during
   */
  const row = (what, of, during = "–") => [what, of(before), during, of(after)];
  const kinds = [...new Set([before, after].flatMap(({ resources }) => Object.keys(resources)))].sort();
  const count = Object.values(visits).reduce((sum, each) => sum + each, 0);
  const [least, greatest] = [Math.min(...memory), Math.max(...memory)];
  write(samples, slopePerHour);
  return {
    tables: [
      {
        caption: `${minutes} minutes, ${count} visits`,
        header: ["", "at rest before", "most", "at rest after"],
        rows: [
          row("resident, MiB", ({ mebibytes }) => mebibytes.toFixed(1), most("mebibytes").toFixed(1)),
          row("heap after a collection, MiB", ({ heapMebibytes }) => heapMebibytes.toFixed(1)),
          row("buffers after a collection, MiB", ({ bufferMebibytes }) => bufferMebibytes.toFixed(1)),
          row("file descriptors", ({ descriptors }) => descriptors, most("descriptors")),
          row("threads", ({ threads }) => threads, most("threads")),
          row("streams", ({ streams }) => streams),
          row("viewers", ({ viewers }) => viewers),
          ...kinds.map((kind) => row(kind, ({ resources }) => resources[kind] ?? 0)),
        ],
      },
    ],
    notes: [
      `Visits: ${Object.entries(visits)
        .map(([part, times]) => `${part} ${times}`)
        .join(", ")}.`,
      `Second half: ${slopePerHour.toFixed(1)} MiB per hour, between ${least.toFixed(1)} and ${greatest.toFixed(1)} MiB.`,
      "Every second: out/bench/serve-soak.csv; plot: out/bench/serve-soak.svg.",
    ],
    figures: { minutes, visits, before, after, slopePerHour },
  };
}

/**
 * @param {readonly Sample[]} samples
 * @param {number} slopePerHour
 */
function write(samples, slopePerHour) {
  mkdirSync(outputDirectory, { recursive: true });
  const lines = samples.map(({ seconds, mebibytes, descriptors, threads, present }) =>
    [seconds.toFixed(1), mebibytes.toFixed(1), descriptors, threads, present].join(),
  );
  const table = ["seconds,resident_mib,descriptors,threads,present", ...lines, ""].join("\n");
  writeFileSync(join(outputDirectory, "serve-soak.csv"), table);
  const plot = linePlot({
    title: `nalive serve, publishers and viewers that come and go: ${slopePerHour.toFixed(1)} MiB per hour in the second half`,
    xLabel: "minutes",
    yLabel: "MiB",
    points: samples.map(({ seconds, mebibytes }) => [seconds / 60, mebibytes]),
  });
  writeFileSync(join(outputDirectory, "serve-soak.svg"), plot);
}

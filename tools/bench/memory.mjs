import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { itemAt } from "../shared/item-at.mjs";
import { residentMiB } from "../shared/proc.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { outputDirectory } from "./figures/places.mjs";
import { linePlot } from "./figures/plot.mjs";
import { slope } from "./figures/statistics.mjs";
import { frameSize } from "./runs/live-run.mjs";
import { ReceiverProcess } from "./runs/receiver-process.mjs";
import { naliveReceiver } from "./runs/receivers.mjs";
import { connectTcp } from "./runs/senders.mjs";

/**
 * @import { Clip } from "./clips/clips.mjs"
 *
 * @typedef {{ seconds: number, mebibytes: number, shown: number }} Sample
 */

export const title = "Memory of a live decode over time";

/** Share of the time that the slope leaves out, while the heap finds its size. */
const warmUpShare = 0.2;

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ quick, minutes: asked = 20 }) {
  const minutes = quick ? 1 : asked;
  const clip = await makeClip({ ...cameraSpec, pictures: 300 });
  let shown = 0;
  const receiver = await ReceiverProcess.start(naliveReceiver(), {
    format: "bgr24",
    frameSize: frameSize(clip.spec, "bgr24"),
    onFrame: () => void shown++,
  });
  /** @type {Sample[]} */
  const samples = [];
  const start = performance.now();
  const sampling = setInterval(() => {
    const seconds = (performance.now() - start) / 1000;
    samples.push({ seconds, mebibytes: residentMiB(receiver.pid), shown });
  }, 1000);
  let sent = 0;
  try {
    sent = await sendFor(minutes * 60_000, receiver.port, clip);
    clearInterval(sampling);
    await receiver.end();
  } finally {
    clearInterval(sampling);
    receiver.kill();
  }
  const figures = { minutes, sent, shown, ...describe(samples) };
  write(samples, figures.slopePerHour);
  return {
    tables: [{ header, rows: [rowOf(figures)] }],
    notes: [
      "Every second: out/bench/memory.csv; plot: out/bench/memory.svg. The slope is of a line through all after the first fifth.",
    ],
    figures,
  };
}

const header = [
  "",
  "minutes",
  "pictures sent",
  "shown",
  "MiB after warm-up",
  "at the end",
  "most",
  "slope, MiB per hour",
  "in the second half",
];

/**
 * @param {{ minutes: number, sent: number, shown: number } & ReturnType<typeof describe>} figures
 */
function rowOf({ minutes, sent, shown, afterWarmUp, atEnd, most, slopePerHour, slopeOfSecondHalf }) {
  const memory = [afterWarmUp, atEnd, most, slopePerHour, slopeOfSecondHalf];
  return ["nalive", minutes, sent, shown, ...memory.map((value) => value.toFixed(1))];
}

/**
 * @param {number} milliseconds
 * @param {number} port
 * @param {Clip} clip
 * @returns {Promise<number>} pictures sent
 */
async function sendFor(milliseconds, port, clip) {
  const sender = await connectTcp(port);
  const interval = 1000 / clip.spec.fps;
  const start = performance.now();
  let sent = 0;
  for (; sent * interval < milliseconds; sent++) {
    await sleep(Math.max(0, start + sent * interval - performance.now()));
    await sender.write(itemAt(clip.accessUnits, sent % clip.accessUnits.length));
  }
  sender.close();
  return sent;
}

/** @param {readonly Sample[]} samples */
function describe(samples) {
  const warm = samples.slice(Math.floor(samples.length * warmUpShare));
  const secondHalf = samples.slice(Math.floor(samples.length / 2));
  /** @param {readonly Sample[]} part */
  const slopePerHour = (part) => slope(part.map(({ seconds, mebibytes }) => [seconds, mebibytes])) * 3600;
  return {
    afterWarmUp: warm[0]?.mebibytes ?? Number.NaN,
    atEnd: warm.at(-1)?.mebibytes ?? Number.NaN,
    most: Math.max(...samples.map(({ mebibytes }) => mebibytes)),
    slopePerHour: slopePerHour(warm),
    slopeOfSecondHalf: slopePerHour(secondHalf),
  };
}

/**
 * @param {readonly Sample[]} samples
 * @param {number} slopePerHour
 */
function write(samples, slopePerHour) {
  mkdirSync(outputDirectory, { recursive: true });
  const lines = samples.map(
    ({ seconds, mebibytes, shown }) => `${seconds.toFixed(1)},${mebibytes.toFixed(1)},${shown}`,
  );
  const table = ["seconds,resident_mib,pictures_shown", ...lines, ""].join("\n");
  writeFileSync(join(outputDirectory, "memory.csv"), table);
  const plot = linePlot({
    title: `nalive decode, 1280x720 at 30 pictures/s, live over TCP: ${slopePerHour.toFixed(1)} MiB per hour`,
    xLabel: "minutes",
    yLabel: "MiB",
    points: samples.map(({ seconds, mebibytes }) => [seconds / 60, mebibytes]),
  });
  writeFileSync(join(outputDirectory, "memory.svg"), plot);
}

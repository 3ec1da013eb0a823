import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { residentMiB } from "../shared/proc.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { outputDirectory } from "./figures/places.mjs";
import { linePlot } from "./figures/plot.mjs";
import { slope } from "./figures/statistics.mjs";
import { frameSize } from "./runs/live-run.mjs";
import { ReceiverProcess } from "./runs/receiver-process.mjs";
import { naliveReceiver } from "./runs/receivers.mjs";
import { connectTcp } from "./runs/senders.mjs";

export const title = "Memory of a live decode over time";

/** Share of the time that is left out of the slope: the heap finds its size. */
const warmUpShare = 0.2;

export async function run({ quick, minutes: asked = 20 }) {
  const minutes = quick ? 1 : asked;
  const clip = await makeClip({ ...cameraSpec, pictures: 300 });
  let shown = 0;
  const receiver = await ReceiverProcess.start(naliveReceiver(), {
    format: "bgr24",
    frameSize: frameSize(clip.spec, "bgr24"),
    onFrame: () => void shown++,
  });
  const samples = [];
  const start = performance.now();
  const sampling = setInterval(() => {
    samples.push({
      seconds: (performance.now() - start) / 1000,
      mebibytes: residentMiB(receiver.pid),
      shown,
    });
  }, 1000);
  let sent;
  try {
    sent = await sendFor(minutes * 60_000, receiver.port, clip);
    clearInterval(sampling);
    await receiver.end();
  } finally {
    clearInterval(sampling);
    receiver.kill();
  }
  const result = { minutes, sent, shown, ...describe(samples) };
  write(samples, result);
  return {
    tables: [
      {
        header: [
          "",
          "minutes",
          "pictures sent",
          "shown",
          "MiB after warm-up",
          "at the end",
          "most",
          "slope, MiB an hour",
          "of the second half",
        ],
        rows: [
          [
            "nalive",
            minutes,
            sent,
            shown,
            ...[
              result.afterWarmUp,
              result.atEnd,
              result.most,
              result.slopePerHour,
              result.slopeOfSecondHalf,
            ].map((value) => value.toFixed(1)),
          ],
        ],
      },
    ],
    notes: [
      "Every second: out/bench/memory.csv; plot: out/bench/memory.svg. The slope is a line through all after the first fifth.",
    ],
    figures: result,
  };
}

/** @returns pictures sent */
async function sendFor(milliseconds, port, clip) {
  const sender = await connectTcp(port);
  const interval = 1000 / clip.spec.fps;
  const start = performance.now();
  let sent = 0;
  for (; sent * interval < milliseconds; sent++) {
    await sleep(Math.max(0, start + sent * interval - performance.now()));
    await sender.write(clip.accessUnits[sent % clip.accessUnits.length]);
  }
  sender.close();
  return sent;
}

function describe(samples) {
  const warm = samples.slice(Math.floor(samples.length * warmUpShare));
  return {
    afterWarmUp: warm[0].mebibytes,
    atEnd: warm.at(-1).mebibytes,
    most: Math.max(...samples.map(({ mebibytes }) => mebibytes)),
    slopePerHour: slope(points(warm)) * 3600,
    slopeOfSecondHalf: slope(points(samples.slice(Math.floor(samples.length / 2)))) * 3600,
  };
}

const points = (samples) => samples.map(({ seconds, mebibytes }) => [seconds, mebibytes]);

function write(samples, { slopePerHour }) {
  mkdirSync(outputDirectory, { recursive: true });
  const lines = samples.map(
    ({ seconds, mebibytes, shown }) => `${seconds.toFixed(1)},${mebibytes.toFixed(1)},${shown}`,
  );
  writeFileSync(
    join(outputDirectory, "memory.csv"),
    `seconds,resident_mib,pictures_shown\n${lines.join("\n")}\n`,
  );
  const plot = linePlot({
    title: `nalive decode, 1280x720 at 30 pictures a second, live over TCP: ${slopePerHour.toFixed(1)} MiB an hour`,
    xLabel: "minutes",
    yLabel: "MiB",
    points: samples.map(({ seconds, mebibytes }) => [seconds / 60, mebibytes]),
  });
  writeFileSync(join(outputDirectory, "memory.svg"), plot);
}

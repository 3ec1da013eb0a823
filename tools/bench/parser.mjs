import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { receiveAll } from "../shared/access-units.mjs";
import { median } from "../shared/statistics.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { words } from "./clips/words.mjs";
import { formatSpread } from "./figures/cells.mjs";
import { outputDirectory } from "./figures/places.mjs";
import { alternate, byName, installed } from "./figures/rounds.mjs";

/** @import { Clip } from "./clips/clips.mjs" */

export const title = "Bytes into access units: 1080p, 8 Mbit/s, chunks of 64 KiB";

const spec = { ...cameraSpec, width: 1920, height: 1080, kilobits: 8000, pictures: 300 };
const chunkSize = 64 * 1024;
/**
 * The peers are processes. The difference of two lengths leaves out the time that they take to
 * start.
 */
const copies = { short: 4, long: 36 };

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ quick, rounds }) {
  const clip = await makeClip(spec);
  const files = { short: writeCopies(clip, copies.short), long: writeCopies(clip, copies.long) };
  const bytes = clip.data.length * (copies.long - copies.short);
  /** @param {(path: string) => string[]} commandFor */
  const rateOf = (commandFor) => () =>
    bytes / (secondsOf(commandFor(files.long)) - secondsOf(commandFor(files.short)));
  const hasGStreamer = spawnSync("gst-inspect-1.0", ["h264parse"]).status === 0;
  const { present, notes } = installed([
    { name: "nalive/h264", run: () => rateInMemory(clip, quick ? copies.short : copies.long) },
    {
      name: "ffmpeg -c copy",
      run: rateOf((path) => words`ffmpeg -loglevel error -f h264 -i ${path} -c copy -f null -`),
    },
    {
      name: "GStreamer h264parse",
      missing: hasGStreamer ? undefined : "gstreamer1.0-plugins-bad",
      run: rateOf(
        (path) =>
          words`gst-launch-1.0 -q filesrc location=${path} blocksize=${chunkSize} ! h264parse
            ! video/x-h264,stream-format=byte-stream,alignment=au ! fakesink sync=false`,
      ),
    },
  ]);
  const outcomes = await alternate(rounds, present, ({ run }) => run());
  for (const path of Object.values(files)) rmSync(path);
  const base = median(outcomes[0]?.rounds ?? []) / 1e9;
  const rows = outcomes.map(({ name, rounds }) => {
    const rates = rounds.map((rate) => rate / 1e9);
    return [name, formatSpread(rates, 2), (median(rates) / base).toFixed(2)];
  });
  return {
    tables: [{ header: ["GB/s", "rate", "ratio to nalive"], rows }],
    notes: [
      ...notes,
      "nalive/h264 parses from memory. The others read a file from the page cache, and ffmpeg also sends packets through its muxer.",
      "Target: nalive/h264 at least 1 GB/s.",
    ],
    figures: byName(outcomes, (rate) => rate),
  };
}

/**
 * @param {Clip} clip
 * @param {number} count copies
 * @returns {number} bytes per second
 */
function rateInMemory(clip, count) {
  const data = Buffer.concat(new Array(count).fill(clip.data));
  const chunks = Array.from({ length: Math.ceil(data.length / chunkSize) }, (_, index) =>
    data.subarray(index * chunkSize, (index + 1) * chunkSize),
  );
  let accessUnits = 0;
  const before = performance.now();
  receiveAll(chunks, { push: () => void accessUnits++, close() {} });
  const seconds = (performance.now() - before) / 1000;
  const expected = clip.spec.pictures * count;
  if (accessUnits !== expected)
    throw new Error(`The parser found ${accessUnits} access units, expected ${expected}`);
  return data.length / seconds;
}

/** @param {string[]} command */
function secondsOf([command = "", ...args]) {
  const before = performance.now();
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  return (performance.now() - before) / 1000;
}

/**
 * @param {Clip} clip
 * @param {number} count
 */
function writeCopies(clip, count) {
  const path = join(outputDirectory, `parser-${count}.h264`);
  const file = openSync(path, "w");
  for (let copy = 0; copy < count; copy++) writeSync(file, clip.data);
  closeSync(file);
  return path;
}

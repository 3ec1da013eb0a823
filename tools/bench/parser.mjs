import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { issuesIgnored, noClock, receiveAccessUnits } from "./clips/h264.mjs";
import { words } from "./clips/words.mjs";
import { outputDirectory } from "./figures/places.mjs";
import { alternate, installed } from "./figures/rounds.mjs";
import { median } from "./figures/statistics.mjs";
import { formatSpread } from "./figures/table.mjs";

export const title = "Bytes into access units: 1080p, 8 Mbit/s, chunks of 64 KiB";

const spec = { ...cameraSpec, width: 1920, height: 1080, kilobits: 8000, pictures: 300 };
const chunkSize = 64 * 1024;
/**
 * The peers are processes: what they need for starting is taken out by the difference of two
 * lengths.
 */
const copies = { short: 4, long: 36 };

export async function run({ quick, rounds }) {
  const clip = await makeClip(spec);
  const files = { short: writeCopies(clip, copies.short), long: writeCopies(clip, copies.long) };
  const bytes = clip.data.length * (copies.long - copies.short);
  const parse = (commandFor) => () => bytes / difference(files, commandFor);
  const { present, notes } = installed([
    { name: "nalive/h264", run: () => parseInMemory(clip, quick ? copies.short : copies.long) },
    {
      name: "ffmpeg -c copy",
      run: parse((path) => words`ffmpeg -loglevel error -f h264 -i ${path} -c copy -f null -`),
    },
    {
      name: "GStreamer h264parse",
      missing:
        spawnSync("gst-inspect-1.0", ["h264parse"]).status === 0 ? undefined : "gstreamer1.0-plugins-bad",
      run: parse(
        (path) =>
          words`gst-launch-1.0 -q filesrc location=${path} blocksize=${chunkSize} ! h264parse
            ! video/x-h264,stream-format=byte-stream,alignment=au ! fakesink sync=false`,
      ),
    },
  ]);
  const results = await alternate(rounds, present, async (each) => each.run());
  for (const path of Object.values(files)) rmSync(path);
  const base = median(results.get(present[0])) / 1e9;
  return {
    tables: [
      {
        header: ["GB/s", "rate", "ratio to nalive"],
        rows: present.map((each) => {
          const rates = results.get(each).map((rate) => rate / 1e9);
          return [each.name, formatSpread(rates, 2), (median(rates) / base).toFixed(2)];
        }),
      },
    ],
    notes: [
      ...notes,
      "nalive/h264 parses from memory; the others read a file from the page cache, and ffmpeg also sends packets through its muxer.",
      "Target: nalive/h264 at least 1 GB/s.",
    ],
    figures: Object.fromEntries(present.map((each) => [each.name, results.get(each)])),
  };
}

/** @returns bytes a second */
function parseInMemory(clip, count) {
  const data = Buffer.concat(new Array(count).fill(clip.data));
  let accessUnits = 0;
  const sink = { push: () => void accessUnits++, close() {} };
  const { input } = receiveAccessUnits(sink, noClock, issuesIgnored, { isLive: false });
  const before = performance.now();
  for (let start = 0; start < data.length; start += chunkSize) {
    input.push({ data: data.subarray(start, start + chunkSize), receivedAt: 0, framing: "none" });
  }
  input.close();
  const seconds = (performance.now() - before) / 1000;
  if (accessUnits !== clip.spec.pictures * count)
    throw new Error(`${accessUnits} access units came of ${clip.spec.pictures * count}`);
  return data.length / seconds;
}

/** Seconds that a command needs longer for the long file than for the short one. */
function difference(files, commandFor) {
  return seconds(commandFor(files.long)) - seconds(commandFor(files.short));
}

function seconds([command, ...args]) {
  const before = performance.now();
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  return (performance.now() - before) / 1000;
}

function writeCopies(clip, count) {
  const path = join(outputDirectory, `parser-${count}.h264`);
  const file = openSync(path, "w");
  for (let copy = 0; copy < count; copy++) writeSync(file, clip.data);
  closeSync(file);
  return path;
}

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { median } from "../shared/statistics.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { words } from "./clips/words.mjs";
import { formatSpread } from "./figures/cells.mjs";
import { nalive } from "./figures/places.mjs";
import { alternate, byName } from "./figures/rounds.mjs";
import { FrameReader, makePipe } from "./runs/frame-reader.mjs";

/**
 * @import { ClipSpec } from "./clips/clips.mjs"
 * @import { Table } from "./figures/report.mjs"
 *
 * @typedef {(input: string, output: string) => string[]} Command decodes one file to another
 */

export const title = "File to BGR24: pictures per second of the whole command, with its start";

const sizes = [
  { name: "720p", spec: cameraSpec },
  { name: "1080p", spec: { ...cameraSpec, width: 1920, height: 1080, kilobits: 8000 } },
];

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ quick, rounds }) {
  /** @type {Table[]} */
  const tables = [];
  /** @type {Record<string, object>} */
  const figures = {};
  for (const { name, spec } of sizes) {
    // Long enough for the start of node (0.2 s) to matter little.
    const clip = await makeClip({ ...spec, pictures: quick ? 300 : 1800, bFrames: 2 });
    const contestants = ["/dev/null", "pipe"].flatMap((target) => [
      { name: `nalive to ${target}`, target, command: naliveCommand },
      { name: `ffmpeg -threads 1 to ${target}`, target, command: ffmpegCommand },
    ]);
    const outcomes = await alternate(rounds, contestants, ({ target, command }) =>
      target === "pipe"
        ? rateToPipe(clip.spec, command(clip.path, "-"))
        : rateToNull(clip.spec, command(clip.path, "/dev/null")),
    );
    const rows = outcomes.map(({ name, contestant, rounds }) => {
      const peer = outcomes.find(
        ({ contestant: other }) => other.target === contestant.target && other.command === ffmpegCommand,
      );
      const ratio = median(rounds) / median(peer?.rounds ?? []);
      return [name, formatSpread(rounds, 0), ratio.toFixed(2)];
    });
    const caption = `${name}, ${clip.spec.pictures} pictures`;
    tables.push({ caption, header: ["pictures/s", "rate", "ratio to ffmpeg"], rows });
    figures[name] = byName(outcomes, (rate) => rate);
  }
  return { tables, notes: ["Target: ratio at least 0.9."], figures };
}

/** @type {Command} */
const naliveCommand = (input, output) =>
  words`${process.execPath} ${nalive} decode ${input} --format bgr24 --output ${output} --quiet`;

/**
 * ffmpeg writes to a pipe only under its own name for it.
 *
 * @type {Command}
 */
const ffmpegCommand = (input, output) =>
  words`ffmpeg -loglevel error -nostdin -y -threads 1 -i ${input} -fps_mode passthrough -f rawvideo
    -pix_fmt bgr24 ${output === "-" ? "pipe:1" : output}`;

/**
 * @param {ClipSpec} spec
 * @param {string[]} command
 * @returns {number} pictures per second
 */
function rateToNull({ pictures }, [command = "", ...args]) {
  const before = performance.now();
  const { status } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${command} failed`);
  return (pictures * 1000) / (performance.now() - before);
}

/**
 * @param {ClipSpec} spec
 * @param {string[]} command
 * @returns {Promise<number>} pictures per second
 */
async function rateToPipe({ width, height, pictures }, [command = "", ...args]) {
  const pipe = makePipe();
  let frames = 0;
  const reader = new FrameReader(pipe.readEnd, width * height * 3, () => void frames++);
  const before = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", pipe.writeEnd, "inherit"] });
  pipe.closeWriteEnd();
  await Promise.all([once(child, "exit"), reader.ended]);
  if (frames !== pictures) throw new Error(`${command} wrote ${frames} frames of ${pictures}`);
  return (pictures * 1000) / (performance.now() - before);
}

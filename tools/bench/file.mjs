import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { words } from "./clips/words.mjs";
import { nalive } from "./figures/places.mjs";
import { alternate } from "./figures/rounds.mjs";
import { median } from "./figures/statistics.mjs";
import { formatSpread } from "./figures/table.mjs";
import { FrameReader, makePipe } from "./runs/frame-reader.mjs";

export const title = "File to BGR24, pictures a second of the whole command, its start included";

const sizes = [
  { name: "720p", ...cameraSpec },
  { name: "1080p", ...cameraSpec, width: 1920, height: 1080, kilobits: 8000 },
];

export async function run({ quick, rounds }) {
  const tables = [];
  const figures = {};
  for (const { name, ...size } of sizes) {
    // Long enough for the start of node (0.2 s) to matter little.
    const clip = await makeClip({ ...size, pictures: quick ? 300 : 1800, bFrames: 2 });
    const contestants = [];
    for (const target of ["/dev/null", "pipe"]) {
      contestants.push({ name: `nalive to ${target}`, target, command: naliveCommand });
      contestants.push({ name: `ffmpeg -threads 1 to ${target}`, target, command: ffmpegCommand });
    }
    const results = await alternate(rounds, contestants, ({ target, command }) =>
      target === "pipe"
        ? rateToPipe(clip, command(clip.path, "-"))
        : rateToNull(clip, command(clip.path, "/dev/null")),
    );
    const rows = contestants.map((each) => {
      const peer = contestants.find(
        ({ target, command }) => target === each.target && command === ffmpegCommand,
      );
      const rates = results.get(each);
      return [each.name, formatSpread(rates, 0), (median(rates) / median(results.get(peer))).toFixed(2)];
    });
    tables.push({
      caption: `${name}, ${clip.spec.pictures} pictures`,
      header: ["pictures/s", "rate", "ratio to ffmpeg"],
      rows,
    });
    figures[name] = Object.fromEntries(contestants.map((each) => [each.name, results.get(each)]));
  }
  return { tables, notes: ["Target: ratio at least 0.9."], figures };
}

const naliveCommand = (input, output) =>
  words`${process.execPath} ${nalive} decode ${input} --format bgr24 --output ${output} --quiet`;

// ffmpeg writes to a pipe only under its own name for it.
const ffmpegCommand = (input, output) =>
  words`ffmpeg -loglevel error -nostdin -y -threads 1 -i ${input} -fps_mode passthrough -f rawvideo -pix_fmt bgr24
    ${output === "-" ? "pipe:1" : output}`;

function rateToNull(clip, [command, ...args]) {
  const before = performance.now();
  const { status } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${command} failed`);
  return (clip.spec.pictures * 1000) / (performance.now() - before);
}

async function rateToPipe(clip, [command, ...args]) {
  const { width, height, pictures } = clip.spec;
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

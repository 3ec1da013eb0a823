// Test clips, made on the fly with Debian's ffmpeg and kept in out/bench/clips.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { outputDirectory } from "../figures/places.mjs";
import { issuesIgnored, noClock, receiveAccessUnits } from "./h264.mjs";
import { codeHeight, codeWidth, drawNumber } from "./picture-number.mjs";
import { words } from "./words.mjs";

/**
 * @typedef {object} ClipSpec
 * @property {number} width
 * @property {number} height
 * @property {number} fps
 * @property {number} pictures
 * @property {number} kilobits per second
 * @property {number} gop pictures from one IDR picture to the next
 * @property {number} bFrames
 * @property {string} preset of x264
 *
 * @typedef {object} Clip
 * @property {ClipSpec} spec
 * @property {string} path
 * @property {Buffer} data
 * @property {Buffer[]} accessUnits in decoding order, as they stand in the file
 * @property {number[]} numbers the picture's number (output order, from 0) of each access unit
 */

/** 1280x720, 30 a second, 4 Mbit/s, P pictures only: what a camera tuned for low delay sends. */
export const cameraSpec = {
  width: 1280,
  height: 720,
  fps: 30,
  pictures: 300,
  kilobits: 4000,
  gop: 60,
  bFrames: 0,
  preset: "veryfast",
};

/** undefined when clips can be made, else why not. */
export function whyNoClips() {
  const { status, stdout } = spawnSync("ffmpeg", ["-hide_banner", "-encoders"], { encoding: "utf8" });
  if (status !== 0)
    return "ffmpeg is not installed, and clips are made with it (Debian: apt-get install ffmpeg)";
  return stdout.includes("libx264") ? undefined : "this ffmpeg has no libx264, and clips are made with it";
}

/** @returns {Promise<Clip>} */
export async function makeClip(spec) {
  const { width, height, fps, pictures, kilobits, gop, bFrames, preset } = spec;
  const directory = join(outputDirectory, "clips");
  const name = `${width}x${height}-${fps}-${pictures}-${kilobits}k-gop${gop}-b${bFrames}-${preset}.h264`;
  const path = join(directory, name);
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true });
    await encode(spec, `${path}.part`);
    renameSync(`${path}.part`, path);
  }
  return loadClip(spec, path, readFileSync(path));
}

/** @returns {Clip} */
export function loadClip(spec, path, data) {
  const { accessUnits, numbers } = cutIntoAccessUnits(data);
  if (accessUnits.length !== spec.pictures) {
    throw new Error(`${path} should have ${spec.pictures} access units and has ${accessUnits.length}`);
  }
  return { spec, path, data, accessUnits, numbers };
}

async function encode({ width, height, fps, pictures, kilobits, gop, bFrames, preset }, path) {
  // A moving test picture with grain: without grain x264 would need far less than a camera's bit rate.
  const background = `testsrc2=size=${width}x${height}:rate=${fps},noise=alls=6:allf=t`;
  const [command, ...args] = [
    ...words`ffmpeg -hide_banner -loglevel error -y -f lavfi -i ${background}`,
    ...words`-f rawvideo -pix_fmt gray -s ${codeWidth}x${codeHeight} -r ${fps} -i pipe:0`,
    ...words`-filter_complex ${"[0][1]overlay=0:0:shortest=1,format=yuv420p"} -frames:v ${pictures}`,
    ...words`-c:v libx264 -preset ${preset} -bf ${bFrames} -g ${gop} -keyint_min ${gop} -sc_threshold 0`,
    ...words`-b:v ${kilobits}k -maxrate ${kilobits}k -bufsize ${kilobits}k`,
    // One slice a picture, whatever the machine.
    ...words`-x264-params slices=1:sliced-threads=0:force-cfr=1 -f h264 ${path}`,
  ];
  const ffmpeg = spawn(command, args, { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(ffmpeg, "exit");
  ffmpeg.stdin.on("error", () => {}); // ffmpeg stops reading when it has its pictures
  for (let number = 0; number < pictures + 1; number++) {
    if (!ffmpeg.stdin.write(drawNumber(number))) await Promise.race([once(ffmpeg.stdin, "drain"), ended]);
  }
  ffmpeg.stdin.end();
  const [exitCode] = await ended;
  if (exitCode !== 0) throw new Error(`ffmpeg could not make ${path}`);
}

/** The access units as they stand in the file, with the numbers that their pictures must have by picture order count. */
function cutIntoAccessUnits(data) {
  const units = [];
  const sink = { push: (unit) => units.push(unit), close() {} };
  const { input } = receiveAccessUnits(sink, noClock, issuesIgnored, { isLive: false });
  input.push({ data, receivedAt: 0, framing: "none" });
  input.close();
  const startOf = ({ position }) => position - (data[position - 4] === 0 ? 4 : 3);
  const accessUnits = units.map((unit, index) =>
    data.subarray(startOf(unit), index + 1 < units.length ? startOf(units[index + 1]) : data.length),
  );
  return { accessUnits, numbers: numbersByPictureOrderCount(units) };
}

function numbersByPictureOrderCount(units) {
  const numbers = new Array(units.length);
  for (let start = 0; start < units.length; ) {
    let end = start + 1;
    while (end < units.length && !units[end].picture.idr) end++;
    const order = Array.from({ length: end - start }, (_, index) => start + index);
    order.sort((a, b) => units[a].picture.pictureOrderCount - units[b].picture.pictureOrderCount);
    const first = start;
    order.forEach((unitIndex, rank) => {
      numbers[unitIndex] = first + rank;
    });
    start = end;
  }
  return numbers;
}

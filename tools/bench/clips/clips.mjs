// Test clips, made on demand with the installed ffmpeg and kept in out/bench/clips.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { accessUnitsOf } from "../../shared/access-units.mjs";
import { outputDirectory } from "../figures/places.mjs";
import { codeHeight, codeWidth, drawNumber } from "./picture-number.mjs";
import { words } from "./words.mjs";

/**
 * @import { AccessUnit } from "../../../dist/h264/access-unit.js"
 *
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
 * @property {number[]} numbers number of each access unit's picture, in output order from 0
 * @property {number[]} unitOf index of each picture's access unit, by the picture's number
 */

/**
 * 1280x720, 30 pictures per second, 4 Mbit/s, no B pictures: what a camera tuned for low delay
 * sends.
 */
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

/** Undefined when clips can be made. */
export function whyNoClips() {
  const { status, stdout } = spawnSync("ffmpeg", ["-hide_banner", "-encoders"], { encoding: "utf8" });
  if (status !== 0)
    return "ffmpeg is not installed, and clips are made with it (Debian: apt-get install ffmpeg)";
  return stdout.includes("libx264") ? undefined : "this ffmpeg has no libx264, and clips are made with it";
}

/**
 * @param {ClipSpec} spec
 * @returns {Promise<Clip>}
 */
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
  return clipOf(spec, path, readFileSync(path));
}

/**
 * @param {ClipSpec} spec
 * @param {string} path
 * @param {Buffer} data
 * @returns {Clip}
 */
export function clipOf(spec, path, data) {
  const units = accessUnitsOf([data]);
  if (units.length !== spec.pictures) {
    throw new Error(`${path} has ${units.length} access units, expected ${spec.pictures}`);
  }
  const unitOf = unitsInOutputOrder(units);
  const numbers = units.map((_, unit) => unitOf.indexOf(unit));
  return { spec, path, data, accessUnits: cut(data, units), numbers, unitOf };
}

/**
 * @param {ClipSpec} spec
 * @param {string} path
 */
async function encode({ width, height, fps, pictures, kilobits, gop, bFrames, preset }, path) {
  // A moving test picture with grain: without grain x264 would need far less than a camera's bit
  // rate.
  const background = `testsrc2=size=${width}x${height}:rate=${fps},noise=alls=6:allf=t`;
  const args = [
    ...words`-hide_banner -loglevel error -y -f lavfi -i ${background}`,
    ...words`-f rawvideo -pix_fmt gray -s ${codeWidth}x${codeHeight} -r ${fps} -i pipe:0`,
    ...words`-filter_complex ${"[0][1]overlay=0:0:shortest=1,format=yuv420p"} -frames:v ${pictures}`,
    ...words`-c:v libx264 -preset ${preset} -bf ${bFrames} -g ${gop} -keyint_min ${gop} -sc_threshold 0`,
    ...words`-b:v ${kilobits}k -maxrate ${kilobits}k -bufsize ${kilobits}k`,
    // One slice per picture, whatever the machine.
    ...words`-x264-params slices=1:sliced-threads=0:force-cfr=1 -f h264 ${path}`,
  ];
  const ffmpeg = spawn("ffmpeg", args, { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(ffmpeg, "exit");
  // ffmpeg stops reading when it has all its pictures.
  ffmpeg.stdin.on("error", () => {});
  for (let number = 0; number < pictures + 1; number++) {
    if (!ffmpeg.stdin.write(drawNumber(number))) await Promise.race([once(ffmpeg.stdin, "drain"), ended]);
  }
  ffmpeg.stdin.end();
  const [exitCode] = await ended;
  if (exitCode !== 0) throw new Error(`ffmpeg could not make ${path}`);
}

/**
 * The bytes of the access units as they stand in the file.
 *
 * @param {Buffer} data
 * @param {readonly AccessUnit[]} units
 */
function cut(data, units) {
  const starts = units.map(({ position }) => position - (data[position - 4] === 0 ? 4 : 3));
  return starts.map((start, index) => data.subarray(start, starts[index + 1] ?? data.length));
}

/**
 * Indexes of the access units by picture order count, each coded video sequence on its own.
 *
 * @param {readonly AccessUnit[]} units
 */
function unitsInOutputOrder(units) {
  let sequence = 0;
  return units
    .map(({ picture }, unit) => {
      if (picture.idr) sequence++;
      return { unit, sequence, order: picture.pictureOrderCount };
    })
    .sort((a, b) => a.sequence - b.sequence || a.order - b.order)
    .map(({ unit }) => unit);
}

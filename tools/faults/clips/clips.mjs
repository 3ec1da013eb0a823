// The undamaged streams, named by their oddity. Each is made once per process.
import { accessUnitsOf } from "../../shared/access-units.mjs";
import { encode } from "./encode.mjs";
import { decodeReference } from "./reference.mjs";
import { write } from "./written.mjs";

/**
 * @import { AccessUnit } from "../../../dist/h264/access-unit.js"
 * @import { ClipSpec } from "./encode.mjs"
 * @import { WrittenSpec } from "./written.mjs"
 */

const small = { columns: 6, rows: 4 };
/** Picture order counts in decoding order: an IDR picture, then P B B again and again. */
const withTwoB = [0, ...[0, 6, 12, 18, 24, 30].flatMap((count) => [count + 6, count + 2, count + 4])];
/** The same after ten pictures in order. */
const withTwoBLater = [
  ...Array.from({ length: 10 }, (_, place) => 2 * place),
  ...withTwoB.slice(1).map((count) => count + 18),
];
/** Frames counted by one: an IDR picture, then P B again and again. */
const withOneBByOne = [0, ...[0, 2, 4, 6, 8, 10, 12, 14, 16].flatMap((count) => [count + 2, count + 1])];

/** @type {(ClipSpec | WrittenSpec)[]} */
const specs = [
  { name: "p-cabac", x264: "keyint=25:bframes=0:ref=1" },
  { name: "p-cavlc", x264: "keyint=25:bframes=0:ref=1:cabac=0" },
  { name: "p-grain", content: "grain", x264: "keyint=25:bframes=0:ref=2:crf=20" },
  { name: "p-grain-cavlc", content: "grain", x264: "keyint=25:bframes=0:ref=2:cabac=0:crf=20" },
  { name: "p-short", x264: "keyint=5:bframes=0" },
  { name: "p-17", x264: "keyint=17:bframes=0:ref=1" },
  { name: "slices-4", x264: "keyint=25:bframes=0:ref=2:slices=4" },
  { name: "slices-4-cavlc", x264: "keyint=25:bframes=0:ref=2:slices=4:cabac=0" },
  { name: "b-2", x264: "keyint=25:bframes=2:b-pyramid=none" },
  { name: "b-pyramid", x264: "keyint=30:bframes=3:b-pyramid=normal:ref=4" },
  {
    name: "b-pyramid-cavlc",
    content: "grain",
    x264: "keyint=30:bframes=3:b-pyramid=normal:ref=4:cabac=0:crf=22",
  },
  { name: "mbaff", content: "combed", x264: "keyint=25:bframes=0:interlaced=1" },
  { name: "mbaff-b", content: "combed", x264: "keyint=25:bframes=2:interlaced=1:slices=2" },
  { name: "open-gop", x264: "keyint=20:bframes=2:open-gop=1:b-pyramid=none" },
  { name: "open-gop-pyramid", x264: "keyint=24:bframes=3:open-gop=1:b-pyramid=normal" },
  { name: "refresh", x264: "keyint=30:bframes=0:intra-refresh=1:ref=1" },
  { name: "all-intra", x264: "keyint=1" },
  { name: "bare-intra", x264: "keyint=1000:bframes=0:ref=1", bareIntraEvery: 20 },
  { name: "all-intra-bare", x264: "keyint=1000:bframes=0:ref=1", bareIntraEvery: 1 },
  { name: "long", pictures: 1200, width: 96, height: 64, x264: "keyint=100000:bframes=0:ref=1" },
  { name: "long-b", pictures: 600, width: 96, height: 64, x264: "keyint=100000:bframes=2" },
  { name: "aud", x264: "keyint=25:bframes=0:aud=1" },
  {
    name: "large",
    width: 640,
    height: 368,
    pictures: 60,
    content: "grain",
    x264: "keyint=20:bframes=0:crf=24",
  },
  { name: "small-size", pictures: 40, width: 128, height: 96, x264: "keyint=20:bframes=0" },
  { name: "other-size", pictures: 40, width: 240, height: 128, x264: "keyint=20:bframes=2" },
  { name: "baseline", pictures: 40, x264: "keyint=20:bframes=0:cabac=0:8x8dct=0:weightp=0" },
  { name: "high-10", pictures: 40, format: "yuv420p10le", x264: "keyint=20:bframes=0" },
  { name: "high-422", pictures: 40, format: "yuv422p", x264: "keyint=20:bframes=2" },
  { name: "high-444", pictures: 40, format: "yuv444p", x264: "keyint=20:bframes=0" },
  { name: "frames", pictures: 40, x264: "keyint=20:bframes=0" },
  { name: "frames-b", pictures: 40, x264: "keyint=20:bframes=2" },
  { name: "frames-mbaff", pictures: 40, x264: "keyint=20:bframes=0:interlaced=1" },
  { name: "frames-paff-sps", pictures: 40, x264: "keyint=20:bframes=0:fake-interlaced=1" },
  { name: "frames-slices", pictures: 40, x264: "keyint=20:bframes=0:slices=4" },
  { name: "frames-aud", pictures: 40, x264: "keyint=20:bframes=0:aud=1" },
  { name: "frames-cavlc", pictures: 40, x264: "keyint=20:bframes=0:cabac=0" },
  { name: "fields", written: { columns: 8, rows: 6, fields: true, keyint: 25 }, pictures: 100 },
  { name: "frames-fields", written: { columns: 12, rows: 8, fields: true, keyint: 20 }, pictures: 40 },
  { name: "written-frames", written: { columns: 8, rows: 6, keyint: 20 }, pictures: 40 },
  { name: "layers", written: { columns: 6, rows: 4, keyint: 24, layers: true }, pictures: 100 },
  {
    name: "layers-gaps",
    written: { columns: 6, rows: 4, keyint: 24, layers: true, gapsAllowed: true },
    pictures: 100,
  },
  // A clip's place decides the numbers in its pictures, so new clips come last.
  { name: "mbaff-refs", content: "combed", x264: "keyint=25:bframes=2:interlaced=1:ref=4:weightp=1:crf=24" },
  {
    name: "mbaff-422",
    content: "combed",
    format: "yuv422p",
    pictures: 40,
    x264: "keyint=20:bframes=2:interlaced=1:ref=3",
  },
  {
    name: "mbaff-444",
    content: "combed",
    format: "yuv444p",
    pictures: 75,
    x264: "keyint=25:bframes=2:interlaced=1:ref=3:slices=2",
  },
  {
    name: "grain-444",
    pictures: 60,
    content: "grain",
    format: "yuv444p",
    x264: "keyint=20:bframes=2:b-pyramid=none:ref=2:crf=24",
  },
  { name: "lossless-444", pictures: 20, format: "yuv444p", x264: "keyint=20:bframes=0:qp=0" },
  {
    name: "pcm-444",
    width: 64,
    height: 48,
    pictures: 40,
    content: "noise",
    format: "yuv444p",
    x264: "keyint=20:bframes=0:qp=1:subme=7:psy=0",
  },
  { name: "mbaff-cavlc", content: "combed", x264: "keyint=25:bframes=2:interlaced=1:ref=3:slices=2:cabac=0" },
  {
    name: "mbaff-422-cavlc",
    content: "combed",
    format: "yuv422p",
    pictures: 40,
    x264: "keyint=20:bframes=2:interlaced=1:ref=3:cabac=0",
  },
  {
    name: "mbaff-444-cavlc",
    content: "combed",
    format: "yuv444p",
    pictures: 40,
    x264: "keyint=20:bframes=2:interlaced=1:ref=3:cabac=0",
  },
  { name: "high-10-cavlc", pictures: 40, format: "yuv420p10le", x264: "keyint=20:bframes=0:cabac=0" },
  { name: "high-422-cavlc", pictures: 40, format: "yuv422p", x264: "keyint=20:bframes=2:cabac=0" },
  { name: "high-444-cavlc", pictures: 40, format: "yuv444p", x264: "keyint=20:bframes=2:cabac=0" },
  { name: "lossless-444-cavlc", pictures: 20, format: "yuv444p", x264: "keyint=20:bframes=0:qp=0:cabac=0" },
  {
    name: "pcm-cavlc",
    width: 64,
    height: 48,
    pictures: 40,
    content: "noise",
    x264: "keyint=20:bframes=0:qp=1:subme=7:psy=0:cabac=0",
  },
  {
    name: "large-levels-cavlc",
    width: 64,
    height: 48,
    pictures: 40,
    content: "noise",
    format: "yuv444p10le",
    x264: "keyint=20:bframes=0:qp=0:subme=7:psy=0:cabac=0",
  },
  {
    name: "noise-422-cavlc",
    width: 64,
    height: 48,
    pictures: 40,
    content: "noise",
    format: "yuv422p",
    x264: "keyint=20:bframes=2:qp=44:cabac=0",
  },
  { name: "grey-cavlc", pictures: 40, format: "gray", x264: "keyint=20:bframes=2:cabac=0" },
  // The reorder depth is not 0.
  { name: "b-denied", written: { ...small, counts: withTwoBLater, statedDepth: 0 }, pictures: 84 },
  { name: "before-idr", written: { ...small, counts: [0, -4, -6, -2, ...withTwoB.slice(1)] }, pictures: 88 },
  { name: "counts-by-one", written: { ...small, counts: withOneBByOne }, pictures: 76 },
];

/**
 * @typedef {object} Picture
 * @property {Uint8Array} bytes the access unit as it stands in the stream; both, for a frame in two
 *   fields
 * @property {Uint8Array[]} nalUnits each with its start code
 * @property {string} digest of the decoded picture
 * @property {number} rank place in output order
 * @property {AccessUnit} unit the first one, for a frame in two fields
 *
 * @typedef {object} Clip
 * @property {string} name
 * @property {Picture[]} pictures in decoding order
 */

/** @type {Map<string, Clip>} */
const made = new Map();

/**
 * @param {string} name
 * @returns {Clip}
 */
export function clip(name) {
  const known = made.get(name);
  if (known) return known;
  const spec = specs.find((one) => one.name === name);
  if (!spec) throw new Error(`There is no clip ${name}`);
  // Clips that follow each other in a stream show different numbers, so no picture is in two of
  // them.
  const firstNumber = specs.indexOf(spec) * 4096;
  const units = "written" in spec ? write(spec, firstNumber) : encode(spec, firstNumber);
  const clip = clipOf(name, units);
  made.set(name, clip);
  return clip;
}

/**
 * @param {string} name
 * @param {Uint8Array[]} units access units
 * @returns {Clip}
 */
function clipOf(name, units) {
  const { digests, order } = decodeReference(units);
  if (new Set(digests).size !== digests.length) throw new Error(`Two pictures of clip ${name} are alike`);
  const parsed = unitsOfFrames(units);
  const pictures = parsed.map((unitsOfFrame, index) => {
    const [unit] = unitsOfFrame;
    const [bytes, digest] = [units[index], digests[index]];
    if (!unit || !bytes || digest === undefined) throw new Error(`Clip ${name} has no picture ${index}`);
    const nalUnits = unitsOfFrame.flatMap(({ data, nalUnits }) =>
      nalUnits.map(({ offset, length }) => data.subarray(offset - 4, offset + length)),
    );
    return { bytes, nalUnits, digest, rank: order.indexOf(index), unit };
  });
  return { name, pictures };
}

/**
 * The access units of each frame: one, or those of two fields.
 *
 * @param {Uint8Array[]} units
 */
function unitsOfFrames(units) {
  /** @type {AccessUnit[][]} */
  const frames = [];
  for (const unit of accessUnitsOf(units)) {
    if (unit.picture.secondField) frames.at(-1)?.push(unit);
    else frames.push([unit]);
  }
  if (frames.length !== units.length) throw new Error(`${frames.length} access units of ${units.length}`);
  return frames;
}

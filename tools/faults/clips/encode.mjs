// Clips by libx264: the test camera's pictures, which carry their number, with different kinds of
// content.
import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUV444P10LE,
} from "node-av/constants";
import { TestPicture } from "../../../dist/node/source/test-camera/test-picture.js";
import { encodeWithX264 } from "../../shared/x264.mjs";

/** @import { Frame } from "node-av/lib" */

const pixelFormats = {
  yuv420p: AV_PIX_FMT_YUV420P,
  yuv420p10le: AV_PIX_FMT_YUV420P10LE,
  yuv422p: AV_PIX_FMT_YUV422P,
  yuv444p: AV_PIX_FMT_YUV444P,
  yuv444p10le: AV_PIX_FMT_YUV444P10LE,
  gray: AV_PIX_FMT_GRAY8,
};

/** @typedef {keyof typeof pixelFormats} PixelFormat */

/**
 * @typedef {object} ClipSpec
 * @property {string} name what is odd about it
 * @property {number} [width] 192 by default
 * @property {number} [height] 112 by default
 * @property {number} [pictures] 100 by default
 * @property {"still" | "grain" | "combed" | "noise"} [content] `still` by default: the ends of
 *   pictures are cheap. `grain` makes pictures large. `combed` has grain, and fields that show
 *   different times. For `noise`, I_PCM is cheapest.
 * @property {PixelFormat} [format] yuv420p by default
 * @property {string} x264 its parameters, joined by colons
 * @property {number} [bareIntraEvery] one I picture in this many, without being an IDR picture
 */

/**
 * @param {ClipSpec} spec
 * @param {number} firstNumber number of the first picture
 * @returns {Uint8Array[]} access units in decoding order
 */
export function encode(spec, firstNumber) {
  const { width = 192, height = 112, pictures = 100, format = "yuv420p", bareIntraEvery } = spec;
  const base = "sliced-threads=0:scenecut=0:b-adapt=0:rc-lookahead=0:sync-lookahead=0:crf=28";
  const parameters = `${base}:${spec.x264}`;
  const pixelFormat = pixelFormats[format];
  const drawing = new Drawing(spec, width, height, format);
  return encodeWithX264(
    { width, height, pictures, rate: 25, pixelFormat, preset: "veryfast", parameters },
    (frame, number) => {
      drawing.draw(frame, firstNumber + number);
      const isBareIntra = bareIntraEvery !== undefined && number > 0 && number % bareIntraEvery === 0;
      frame.pictType = isBareIntra ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    },
  );
}

/**
 * Draws the test camera's picture in any of the formats, with grain or noise where the clip has it.
 */
class Drawing {
  #picture;
  #content;
  #width;
  #height;
  #format;
  #planes;

  /**
   * @param {ClipSpec} spec
   * @param {number} width
   * @param {number} height
   * @param {PixelFormat} format
   */
  constructor({ content = "still" }, width, height, format) {
    this.#picture = new TestPicture(width, height, 1);
    this.#content = content;
    this.#width = width;
    this.#height = height;
    this.#format = format;
    const size = width * height;
    this.#planes = {
      y: new Uint8Array(size),
      u: new Uint8Array(size / 4),
      v: new Uint8Array(size / 4),
      yStride: width,
      uvStride: width / 2,
    };
  }

  /**
   * @param {Frame} frame
   * @param {number} number
   */
  draw(frame, number) {
    const { y, u, v } = this.#planes;
    const [width, height, format] = [this.#width, this.#height, this.#format];
    this.#picture.draw(this.#planes, number, number / 25, "");
    if (this.#content === "grain" || this.#content === "combed") addGrain(y, number);
    if (this.#content === "combed") addCombing(y, width, number);
    copy({ samples: y, width, height }, frame, 0, 1, 1, format);
    if (format === "gray") return;
    const across = format.startsWith("yuv444") ? 2 : 1;
    const down = format.startsWith("yuv420") ? 1 : 2;
    for (const [index, samples] of [u, v].entries()) {
      copy({ samples, width: width / 2, height: height / 2 }, frame, index + 1, across, down, format);
    }
    if (this.#content === "noise") fillWithNoise(frame.data ?? [], number);
  }
}

/**
 * Spreads 8-bit samples over a plane of the frame: each sample `across` times, each row `down`
 * times.
 *
 * @param {{ samples: Uint8Array, width: number, height: number }} source
 * @param {Frame} frame
 * @param {number} plane
 * @param {number} across
 * @param {number} down
 * @param {PixelFormat} format
 */
function copy({ samples, width, height }, frame, plane, across, down, format) {
  const target = frame.data?.[plane];
  const stride = frame.linesize[plane];
  if (!target || stride === undefined) throw new Error(`A ${format} frame has no plane ${plane}`);
  const isWide = format.endsWith("10le");
  for (let row = 0; row < height * down; row++) {
    const from = Math.floor(row / down) * width;
    for (let column = 0; column < width * across; column++) {
      const sample = samples[from + Math.floor(column / across)] ?? 0;
      if (isWide) target.writeUInt16LE(sample << 2, row * stride + column * 2);
      else target[row * stride + column] = sample;
    }
  }
}

/**
 * @param {Uint8Array} samples
 * @param {number} number of the picture
 */
function addGrain(samples, number) {
  let state = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  for (const [at, sample] of samples.entries()) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    samples[at] = Math.max(0, Math.min(255, sample + ((state >>> 27) - 16)));
  }
}

/**
 * @param {readonly (Uint8Array | null)[]} planes
 * @param {number} number of the picture
 */
function fillWithNoise(planes, number) {
  let state = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  for (const plane of planes) {
    if (!plane) continue;
    for (let at = 0; at < plane.length; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      plane[at] = state >>> 24;
    }
  }
}

/**
 * Draws waves in the right half that move between the two fields of a picture.
 *
 * @param {Uint8Array} samples
 * @param {number} width
 * @param {number} number of the picture
 */
function addCombing(samples, width, number) {
  for (let at = 0; at < samples.length; at++) {
    const column = at % width;
    const row = Math.floor(at / width);
    if (column < width / 2) continue;
    const time = number * 2 + (row & 1);
    samples[at] = 128 + Math.round(90 * Math.sin((column + 7 * time) / 6 + row / 9));
  }
}

// libx264 with any parameters: pictures that carry their number, as access units in decoding order.

import { TestPicture } from "../../../dist/node/source/test-camera/test-picture.js";
import { avCodec } from "./ffmpeg.mjs";

const { AvFrame, Codec, CodecContext, FFmpegError, Packet, Rational } = avCodec;
const pictureTypeI = 1;

/**
 * @typedef {object} ClipSpec
 * @property {string} name its oddity
 * @property {number} [width] 192 unless told
 * @property {number} [height] 112 unless told
 * @property {number} [pictures] 100 unless told
 * @property {"still" | "grain" | "combed" | "noise"} [content] grain makes pictures large, stillness makes their
 *   ends cheap; combed has grain and, where its fields are of different times, cause for field coding; of noise, I_PCM is cheapest
 * @property {string} [format] FFmpeg's name of the pixel format, yuv420p unless told
 * @property {string} [tune] of x264
 * @property {string} x264 its parameters, joined by colons
 * @property {number} [bareIntraEvery] an I picture that is no IDR picture each so many pictures
 * @property {number} [firstNumber] number of the first picture
 */

/**
 * @param {ClipSpec} spec
 * @returns {Uint8Array[]} access units
 */
export function encode(spec) {
  const {
    width = 192,
    height = 112,
    pictures = 100,
    format = "yuv420p",
    bareIntraEvery,
    firstNumber = 0,
  } = spec;
  const codec = new CodecContext();
  const encoder = Codec.findEncoderByName("libx264");
  codec.allocContext3(encoder);
  codec.width = width;
  codec.height = height;
  codec.pixelFormat = avCodec.pixelFormats[format];
  codec.timeBase = new Rational(1, 25);
  codec.framerate = new Rational(25, 1);
  codec.threadCount = 1;
  check(codec.setOption("preset", "veryfast"), "preset");
  if (spec.tune) check(codec.setOption("tune", spec.tune), "tune");
  const base = "threads=1:sliced-threads=0:scenecut=0:b-adapt=0:rc-lookahead=0:sync-lookahead=0:crf=28";
  check(codec.setOption("x264-params", `${base}:${spec.x264}`), "x264-params");
  check(codec.open2Sync(encoder, null), "open");
  const frame = new AvFrame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = avCodec.pixelFormats[format];
  check(frame.getBuffer(), "frame buffer");
  const packet = new Packet();
  packet.alloc();
  const units = [];
  const receive = () => {
    while (codec.receivePacketSync(packet) >= 0) {
      units.push(Uint8Array.from(packet.data));
      packet.unref();
    }
  };
  const drawing = new Drawing(spec, width, height);
  for (let number = 0; number < pictures; number++) {
    check(frame.makeWritable(), "frame");
    drawing.draw(frame, firstNumber + number, format);
    frame.pts = BigInt(number);
    frame.pictType = bareIntraEvery && number > 0 && number % bareIntraEvery === 0 ? pictureTypeI : 0;
    check(codec.sendFrameSync(frame), "encode");
    receive();
  }
  check(codec.sendFrameSync(null), "flush");
  receive();
  packet.free();
  frame.free();
  codec.freeContext();
  if (units.length !== pictures)
    throw new Error(`clip ${spec.name}: ${units.length} access units of ${pictures}`);
  return units;
}

/** The test camera's picture, with grain where wanted, in any of the formats. */
class Drawing {
  constructor({ content = "still" }, width, height) {
    this.picture = new TestPicture(width, height, 1);
    this.content = content;
    this.width = width;
    this.height = height;
    const size = width * height;
    this.planes = {
      y: new Uint8Array(size),
      u: new Uint8Array(size / 4),
      v: new Uint8Array(size / 4),
      yStride: width,
      uvStride: width / 2,
    };
  }

  draw(frame, number, format) {
    const { planes, width, height } = this;
    this.picture.draw(planes, number, number / 25, "");
    if (this.content === "grain" || this.content === "combed") addGrain(planes.y, number);
    if (this.content === "combed") addCombing(planes.y, width, number);
    const halvesRows = format.startsWith("yuv420");
    const halvesColumns = !format.startsWith("yuv444");
    copy(planes.y, width, height, frame, 0, 1, 1, format);
    if (format === "gray") return;
    for (const [index, plane] of [planes.u, planes.v].entries()) {
      copy(plane, width / 2, height / 2, frame, index + 1, halvesColumns ? 1 : 2, halvesRows ? 1 : 2, format);
    }
    if (this.content === "noise") fillWithNoise(frame.data, number);
  }
}

/** Spreads 8-bit samples over a plane of the frame, each `across` times, each row `down` times. */
function copy(samples, width, height, frame, plane, across, down, format) {
  const target = frame.data[plane];
  const stride = frame.linesize[plane];
  const wide = format.endsWith("10le");
  for (let row = 0; row < height * down; row++) {
    const from = Math.floor(row / down) * width;
    for (let column = 0; column < width * across; column++) {
      const sample = samples[from + Math.floor(column / across)];
      if (wide) target.writeUInt16LE(sample << 2, row * stride + column * 2);
      else target[row * stride + column] = sample;
    }
  }
}

function addGrain(samples, number) {
  let state = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  for (let at = 0; at < samples.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    samples[at] = Math.max(0, Math.min(255, samples[at] + ((state >>> 27) - 16)));
  }
}

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

/** Waves that move between the two fields of a picture, in its right half. */
function addCombing(samples, width, number) {
  for (let at = 0; at < samples.length; at++) {
    const column = at % width;
    const row = Math.floor(at / width);
    if (column < width / 2) continue;
    const time = number * 2 + (row & 1);
    samples[at] = 128 + Math.round(90 * Math.sin((column + 7 * time) / 6 + row / 9));
  }
}

function check(result, what) {
  if (result < 0) throw new Error(`libx264 failed (${what}): ${FFmpegError.strerror(result)}`);
}

// libx264 with any parameters, in one thread: the same access units each time.
import { AV_LOG_QUIET, AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from "node-av/constants";
import { Codec, CodecContext, FFmpegError, Frame, Log, Packet, Rational } from "node-av/lib";

/** @import { AVPixelFormat } from "node-av/constants" */

/**
 * @typedef {object} X264Settings
 * @property {number} width
 * @property {number} height
 * @property {number} pictures
 * @property {number} [rate] pictures per second, 30 by default
 * @property {AVPixelFormat} [pixelFormat] 8-bit 4:2:0 by default
 * @property {string} preset
 * @property {string} [tune]
 * @property {string} parameters x264's own, joined by colons; they decide what is odd about the
 *   stream
 * @property {bigint} [bitRate] bits per second; x264's default quality when absent
 */

/**
 * @param {X264Settings} settings
 * @param {(frame: Frame, number: number) => void} draw fills the frame; may set its `pictType`
 * @returns {Uint8Array[]} access units in decoding order
 */
export function encodeWithX264(settings, draw) {
  const { width, height, pictures, pixelFormat = AV_PIX_FMT_YUV420P } = settings;
  const codec = openX264(settings, pixelFormat);
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = pixelFormat;
  check(frame.getBuffer(), "frame buffer");
  const packet = new Packet();
  packet.alloc();
  /** @type {Uint8Array[]} */
  const units = [];
  for (let number = 0; number <= pictures; number++) {
    if (number < pictures) {
      check(frame.makeWritable(), "frame");
      draw(frame, number);
      frame.pts = BigInt(number);
    }
    check(codec.sendFrameSync(number < pictures ? frame : null), "encode");
    while (codec.receivePacketSync(packet) >= 0) {
      if (packet.data) units.push(Uint8Array.from(packet.data));
      packet.unref();
    }
  }
  packet.free();
  frame.free();
  codec.freeContext();
  if (units.length !== pictures) throw new Error(`libx264 made ${units.length} access units of ${pictures}`);
  return units;
}

/**
 * @param {X264Settings} settings
 * @param {AVPixelFormat} pixelFormat
 */
function openX264({ width, height, rate = 30, preset, tune, parameters, bitRate }, pixelFormat) {
  Log.setLevel(AV_LOG_QUIET);
  const encoder = Codec.findEncoderByName(FF_ENCODER_LIBX264);
  if (!encoder) throw new Error("This FFmpeg has no libx264");
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = width;
  codec.height = height;
  codec.pixelFormat = pixelFormat;
  codec.timeBase = new Rational(1, rate);
  codec.framerate = new Rational(rate, 1);
  codec.threadCount = 1;
  if (bitRate !== undefined) codec.bitRate = bitRate;
  check(codec.setOption("preset", preset), "preset");
  if (tune !== undefined) check(codec.setOption("tune", tune), "tune");
  check(codec.setOption("x264-params", `threads=1:${parameters}`), "x264-params");
  check(codec.open2Sync(encoder, null), "open");
  return codec;
}

/**
 * @param {number} result negative: an error
 * @param {string} what
 */
function check(result, what) {
  if (result < 0) throw new Error(`libx264 failed (${what}): ${FFmpegError.strerror(result)}`);
}

// The machine's yardstick: a loop that was told where every access unit ends and when order lets each picture out, and does
// nothing but decode, convert and write, one after the other, with the same FFmpeg. argv: port, pixel format, plan.
import { readFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import * as constants from "node-av/constants";
import { Codec, CodecContext, Frame, Packet, SoftwareScaleContext } from "node-av/lib";

const [port, pixelFormat, planPath] = process.argv.slice(2);
/** By access unit: bytes, and the number of its picture. By picture number: the access unit after which it may be shown. */
const { sizes, numbers, showableAfter } = JSON.parse(readFileSync(planPath, "utf8"));

/** An end-of-sequence NAL unit makes the decoder give out the picture that it holds. */
const endOfSequence = Buffer.from([0, 0, 1, 0x0a]);
const decoder = openDecoder();
const scaler = new SoftwareScaleContext();
scaler.allocContext();
const packet = new Packet();
packet.alloc();
const decoded = new Map();
let converted;
let shown = 0;
let unit = 0;

createServer((socket) => {
  socket.setNoDelay(true);
  let received = Buffer.alloc(0);
  socket.on("data", (data) => {
    received = received.length === 0 ? data : Buffer.concat([received, data]);
    while (unit < sizes.length && received.length >= sizes[unit]) {
      const size = sizes[unit];
      decode(received.subarray(0, size));
      received = received.subarray(size);
      unit++;
    }
  });
  socket.on("close", () => process.exit(0));
}).listen(Number(port), "127.0.0.1");

function decode(data) {
  packet.data = data;
  packet.pts = BigInt(numbers[unit]);
  decoder.sendPacketSync(packet);
  packet.data = endOfSequence;
  decoder.sendPacketSync(packet);
  const frame = new Frame();
  frame.alloc();
  decoder.receiveFrameSync(frame);
  decoded.set(Number(frame.pts), frame);
  while (showableAfter[shown] <= unit) show(decoded.get(shown++));
}

function show(frame) {
  converted ??= convertedLike(frame);
  scaler.scaleFrameSync(converted.frame, frame);
  let written = 0;
  while (written < converted.data.length) written += writeSync(1, converted.data, written);
  frame.free();
}

function convertedLike({ width, height }) {
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = { bgr24: constants.AV_PIX_FMT_BGR24, yuv420p: constants.AV_PIX_FMT_YUV420P }[pixelFormat];
  frame.getBuffer();
  return { frame, data: frame.data[0].subarray(0, width * height * 3) };
}

function openDecoder() {
  const codec = Codec.findDecoder(constants.AV_CODEC_ID_H264);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = 1;
  // More than are ever held: it gives out nothing unasked.
  context.setOption("has_b_frames", 16);
  context.open2Sync(codec);
  return context;
}

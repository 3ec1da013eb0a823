// The machine's yardstick: it knows in advance where every access unit ends and when order allows
// each picture. So it only decodes, converts and writes, one after the other, with the same FFmpeg.
// Arguments: PORT FORMAT PLAN (path of a JSON file, `BareLoopPlan`)
import { readFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { AV_CODEC_ID_H264, AV_PIX_FMT_BGR24, AV_PIX_FMT_YUV420P } from "node-av/constants";
import { Codec, CodecContext, Frame, Packet, SoftwareScaleContext } from "node-av/lib";
import { itemAt } from "../../shared/item-at.mjs";

/**
 * @typedef {object} BareLoopPlan
 * @property {readonly number[]} sizes bytes of each access unit
 * @property {readonly number[]} numbers number of each access unit's picture
 * @property {readonly number[]} showableAfter by picture number: the access unit after which it may
 *   be shown
 */

const [port, pixelFormat, planPath = ""] = process.argv.slice(2);
/** @type {BareLoopPlan} */
const { sizes, numbers, showableAfter } = JSON.parse(readFileSync(planPath, "utf8"));

/** An end-of-sequence NAL unit makes the decoder output the picture that it holds. */
const endOfSequence = Buffer.from([0, 0, 1, 0x0a]);
const decoder = openDecoder();
const scaler = new SoftwareScaleContext();
scaler.allocContext();
const packet = new Packet();
packet.alloc();
/** @type {Map<number, Frame>} By picture number. */
const decoded = new Map();
/** @type {{ frame: Frame, data: Buffer } | undefined} */
let converted;
let shown = 0;
let unit = 0;

createServer((socket) => {
  socket.setNoDelay(true);
  let received = Buffer.alloc(0);
  socket.on("data", (data) => {
    received = received.length === 0 ? data : Buffer.concat([received, data]);
    for (let size = sizes[unit]; size !== undefined && received.length >= size; size = sizes[unit]) {
      decode(received.subarray(0, size));
      received = received.subarray(size);
      unit++;
    }
  });
  socket.on("close", () => process.exit(0));
}).listen(Number(port), "127.0.0.1");

/** @param {Buffer} data */
function decode(data) {
  packet.data = data;
  packet.pts = BigInt(itemAt(numbers, unit));
  decoder.sendPacketSync(packet);
  packet.data = endOfSequence;
  decoder.sendPacketSync(packet);
  const frame = new Frame();
  frame.alloc();
  decoder.receiveFrameSync(frame);
  decoded.set(Number(frame.pts), frame);
  while ((showableAfter[shown] ?? Number.POSITIVE_INFINITY) <= unit) show(shown++);
}

/** @param {number} number */
function show(number) {
  const frame = decoded.get(number);
  if (!frame) throw new Error(`Picture ${number} was not decoded`);
  decoded.delete(number);
  converted ??= convertedLike(frame);
  scaler.scaleFrameSync(converted.frame, frame);
  let written = 0;
  while (written < converted.data.length) written += writeSync(1, converted.data, written);
  frame.free();
}

/** @param {Frame} source */
function convertedLike({ width, height }) {
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = pixelFormat === "bgr24" ? AV_PIX_FMT_BGR24 : AV_PIX_FMT_YUV420P;
  frame.getBuffer();
  const data = frame.data?.[0];
  if (!data) throw new Error("FFmpeg gave the frame no memory");
  return { frame, data: data.subarray(0, width * height * 3) };
}

function openDecoder() {
  const codec = Codec.findDecoder(AV_CODEC_ID_H264);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = 1;
  // More than it ever holds: it outputs nothing unasked.
  context.setOption("has_b_frames", 16);
  context.open2Sync(codec);
  return context;
}

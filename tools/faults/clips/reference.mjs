// What an undamaged stream decodes to: plain FFmpeg, without any of the package's rules.
import { createHash } from "node:crypto";
import { AV_CODEC_ID_H264, AV_LOG_QUIET } from "node-av/constants";
import { Codec, CodecContext, Frame, Log, Packet } from "node-av/lib";
import { PixelConverter } from "../../../dist/node/decode/pixels/pixel-converter.js";

/**
 * @param {readonly Uint8Array[]} units access units in decoding order
 * @returns {{ digests: string[], order: number[] }} `digests`: of the picture of each access unit;
 *   `order`: access units in output order
 */
export function decodeReference(units) {
  const converter = new PixelConverter("native");
  /** @type {string[]} */
  const digests = [];
  /** @type {number[]} */
  const order = [];
  decodeEach(units, (frame, index) => {
    const bytes = Buffer.alloc(converter.layoutOf(frame).size);
    converter.convert(frame, bytes);
    digests[index] = createHash("md5").update(bytes).digest("hex");
    order.push(index);
  });
  converter.close();
  if (order.length !== units.length)
    throw new Error(`${order.length} pictures of ${units.length} access units`);
  return { digests, order };
}

/**
 * Decodes access units.
 *
 * @param {readonly Uint8Array[]} units in decoding order
 * @param {(frame: Frame, index: number) => void} use takes each frame in output order, with its
 *   place in decoding order; the frame is valid only during the call
 */
export function decodeEach(units, use) {
  Log.setLevel(AV_LOG_QUIET);
  const codec = Codec.findDecoder(AV_CODEC_ID_H264);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = 1;
  // Output order is right even where the SPS states too small a reorder depth.
  context.setOption("has_b_frames", 16);
  if (context.open2Sync(codec) < 0) throw new Error("FFmpeg's H.264 decoder did not open");
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  const receive = () => {
    while (context.receiveFrameSync(frame) >= 0) {
      use(frame, Number(frame.pts));
      frame.unref();
    }
  };
  units.forEach((unit, index) => {
    packet.data = Buffer.from(unit);
    packet.pts = BigInt(index);
    if (context.sendPacketSync(packet) < 0) throw new Error(`FFmpeg refused access unit ${index}`);
    receive();
  });
  context.sendPacketSync(null);
  receive();
  packet.free();
  frame.free();
  context.freeContext();
}

// What the undamaged stream decodes to: FFmpeg as it is, without any of the package's rules.
import { createHash } from "node:crypto";
import { PixelConverter } from "../../../dist/node/decode/pixels/pixel-converter.js";
import { avCodec } from "./ffmpeg.mjs";

/**
 * @param {Uint8Array[]} units access units in decoding order
 * @returns {{ digests: string[], order: number[] }} digest of each access unit's picture; access units in output order
 */
export function decodeReference(units) {
  const converter = new PixelConverter("native");
  const digests = [];
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
 * @param {Uint8Array[]} units in decoding order
 * @param {(frame: object, index: number) => void} use gets each frame, in output order, with its place in decoding order
 */
export function decodeEach(units, use) {
  const codec = avCodec.Codec.findDecoder(avCodec.h264);
  const context = new avCodec.CodecContext();
  context.allocContext3(codec);
  context.threadCount = 1;
  if (context.open2Sync(codec) < 0) throw new Error("FFmpeg's H.264 decoder did not open");
  const packet = new avCodec.Packet();
  packet.alloc();
  const frame = new avCodec.AvFrame();
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

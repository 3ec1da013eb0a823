import {
  AV_PIX_FMT_YUV420P,
  AvFrame,
  Codec,
  CodecContext,
  FF_ENCODER_LIBX264,
  Packet,
  Rational,
} from "../../dist/node/ffmpeg.js";
import { TestPicture } from "../../src/node/source/test-picture.js";

/**
 * A clip whose loop filter has something to do: 256x192, coarse, an IDR picture every 30 and two B pictures between others, of
 * which one is a reference. The test camera is too quick for that.
 */
export function makeFilteredClip(pictures: number): Uint8Array[] {
  const [width, height] = [256, 192];
  const encoder = Codec.findEncoderByName(FF_ENCODER_LIBX264)!;
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = width;
  codec.height = height;
  codec.pixelFormat = AV_PIX_FMT_YUV420P;
  codec.timeBase = new Rational(1, 30);
  codec.setOption("preset", "veryfast");
  codec.setOption("x264-params", "threads=1:keyint=30:min-keyint=30:scenecut=0:bframes=2:b-adapt=0:qp=34");
  codec.open2Sync(encoder, null);
  const frame = new AvFrame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = AV_PIX_FMT_YUV420P;
  frame.getBuffer();
  const packet = new Packet();
  packet.alloc();
  const units: Uint8Array[] = [];
  const receive = () => {
    while (codec.receivePacketSync(packet) >= 0) {
      units.push(new Uint8Array(packet.data!));
      packet.unref();
    }
  };
  const picture = new TestPicture(width, height, 1);
  for (let number = 0; number < pictures; number++) {
    frame.makeWritable();
    const [y, u, v] = frame.data as Buffer[];
    const planes = { y: y!, u: u!, v: v!, yStride: frame.linesize[0]!, uvStride: frame.linesize[1]! };
    picture.draw(planes, number, number / 30, "00:00:00.000");
    frame.pts = BigInt(number);
    codec.sendFrameSync(frame);
    receive();
  }
  codec.sendFrameSync(null);
  receive();
  packet.free();
  frame.free();
  codec.freeContext();
  return units;
}

import { AV_LOG_QUIET, type AVPixelFormat, FF_ENCODER_LIBX264 } from "node-av/constants";
import { Codec, CodecContext, FFmpegError, Frame, Log, Packet, Rational } from "node-av/lib";

/** What is encoded: x264's parameters decide on the oddity. */
export interface ClipSyntax {
  readonly pixelFormat: AVPixelFormat;
  readonly parameters: string;
  readonly width?: number;
  readonly height?: number;
  readonly pictures?: number;
}

/** With look-ahead, or the assembly of this machine's processor, x264 does not always write the same bytes. */
const reproducible = "threads=1:lookahead-threads=1:rc-lookahead=0:mbtree=0:asm=0";

/**
 * A clip of moving bars and some noise, by libx264 in one thread: the same bytes each time.
 *
 * @returns undefined when this libx264 cannot encode the pixel format
 */
export function encodeClip(syntax: ClipSyntax): Uint8Array | undefined {
  const { pixelFormat, parameters, width = 96, height = 80, pictures = 10 } = syntax;
  Log.setLevel(AV_LOG_QUIET);
  const encoder = Codec.findEncoderByName(FF_ENCODER_LIBX264)!;
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = width;
  codec.height = height;
  codec.pixelFormat = pixelFormat;
  codec.timeBase = new Rational(1, 30);
  codec.framerate = new Rational(30, 1);
  codec.threadCount = 1;
  check(codec.setOption("preset", "veryfast"));
  check(codec.setOption("x264-params", `${reproducible}:keyint=6:scenecut=0:${parameters}`));
  if (codec.open2Sync(encoder, null) < 0) {
    codec.freeContext();
    return undefined;
  }
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = pixelFormat;
  check(frame.getBuffer());
  const packet = new Packet();
  packet.alloc();
  const parts: Buffer[] = [];
  const receive = () => {
    while (codec.receivePacketSync(packet) >= 0) {
      if (packet.data) parts.push(Buffer.from(packet.data));
      packet.unref();
    }
  };
  for (let number = 0; number < pictures; number++) {
    check(frame.makeWritable());
    for (const [plane, data] of (frame.data ?? []).entries())
      draw(data, frame.linesize[plane]!, number + plane);
    frame.pts = BigInt(number);
    check(codec.sendFrameSync(frame));
    receive();
  }
  check(codec.sendFrameSync(null));
  receive();
  packet.free();
  frame.free();
  codec.freeContext();
  return new Uint8Array(Buffer.concat(parts));
}

/** Deep samples too: small values in every byte. */
function draw(data: Uint8Array, stride: number, number: number): void {
  for (let at = 0; at < data.length; at++) {
    const x = (at % stride) + number * 3;
    const y = Math.floor(at / stride) + number;
    data[at] =
      stride > 0 && at % 2 === 1 ? ((x >> 3) ^ (y >> 2)) & 1 : ((x * 5) ^ (y * 3) ^ ((x * y) >> 4)) & 255;
  }
}

function check(result: number): void {
  if (result < 0) throw new Error(`FFmpeg's encoder failed: ${FFmpegError.strerror(result)}`);
}

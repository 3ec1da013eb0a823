import { AV_LOG_QUIET, AV_PIX_FMT_YUV420P, type AVPixelFormat, FF_ENCODER_LIBX264 } from "node-av/constants";
import { Codec, CodecContext, FFmpegError, Frame, Log, Packet, Rational } from "node-av/lib";
import { TestPicture } from "../../../src/node/source/test-camera/test-picture.js";

/** How libx264 is set up. */
export interface X264Settings {
  readonly width: number;
  readonly height: number;
  readonly pictures: number;
  /** Default: 8-bit 4:2:0. */
  readonly pixelFormat?: AVPixelFormat;
  readonly preset: string;
  readonly tune?: string;
  /** x264's own parameters decide on the oddity. */
  readonly parameters: string;
  /** Bits a second; x264's default quality where it is not given. */
  readonly bitRate?: bigint;
}

/**
 * Encodes pictures that `draw` draws, 30 a second, in one thread.
 *
 * @returns the access units
 */
export function encodeWithX264(
  settings: X264Settings,
  draw: (frame: Frame, number: number) => void,
): Uint8Array[] {
  const { width, height, pictures, pixelFormat = AV_PIX_FMT_YUV420P } = settings;
  const codec = openX264(settings, pixelFormat);
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = pixelFormat;
  check(frame.getBuffer());
  const packet = new Packet();
  packet.alloc();
  const units: Uint8Array[] = [];
  for (let number = 0; number <= pictures; number++) {
    if (number < pictures) {
      check(frame.makeWritable());
      draw(frame, number);
      frame.pts = BigInt(number);
    }
    check(codec.sendFrameSync(number < pictures ? frame : null));
    while (codec.receivePacketSync(packet) >= 0) {
      units.push(Uint8Array.from(packet.data!));
      packet.unref();
    }
  }
  packet.free();
  frame.free();
  codec.freeContext();
  return units;
}

/** The same with the picture of the test camera. */
export function encodeTestPictures(settings: X264Settings): Uint8Array[] {
  const picture = new TestPicture(settings.width, settings.height, 1);
  return encodeWithX264(settings, (frame, number) => {
    const [y, u, v] = frame.data as Buffer[];
    const planes = { y: y!, u: u!, v: v!, yStride: frame.linesize[0]!, uvStride: frame.linesize[1]! };
    picture.draw(planes, number, number / 30, "00:00:00.000");
  });
}

function openX264(settings: X264Settings, pixelFormat: AVPixelFormat): CodecContext {
  const { width, height, preset, tune, parameters, bitRate } = settings;
  Log.setLevel(AV_LOG_QUIET);
  const encoder = Codec.findEncoderByName(FF_ENCODER_LIBX264)!;
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = width;
  codec.height = height;
  codec.pixelFormat = pixelFormat;
  codec.timeBase = new Rational(1, 30);
  codec.threadCount = 1;
  if (bitRate !== undefined) codec.bitRate = bitRate;
  check(codec.setOption("preset", preset));
  if (tune !== undefined) check(codec.setOption("tune", tune));
  check(codec.setOption("x264-params", `threads=1:${parameters}`));
  check(codec.open2Sync(encoder, null));
  return codec;
}

function check(result: number): void {
  if (result < 0) throw new Error(`libx264 failed: ${FFmpegError.strerror(result)}`);
}

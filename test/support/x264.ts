import {
  AV_LOG_QUIET,
  AV_PIX_FMT_YUV420P,
  AvFrame,
  Codec,
  CodecContext,
  FF_ENCODER_LIBX264,
  Log,
  Packet,
  Rational,
} from "../../dist/node/ffmpeg.js";

/** How libx264 is set up. */
export interface X264Settings {
  readonly width: number;
  readonly height: number;
  readonly pictures: number;
  readonly preset: string;
  readonly tune?: string;
  /** x264's own parameters decide on the oddity. */
  readonly parameters: string;
  /** Bits a second; x264's default quality where it is not given. */
  readonly bitRate?: bigint;
}

/** Encodes pictures of 8-bit 4:2:0 that `draw` draws, 30 a second, in one thread. @returns the access units */
export function encodeWithX264(
  { width, height, pictures, preset, tune, parameters, bitRate }: X264Settings,
  draw: (frame: AvFrame, number: number) => void,
): Uint8Array[] {
  Log.setLevel(AV_LOG_QUIET);
  const encoder = Codec.findEncoderByName(FF_ENCODER_LIBX264)!;
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = width;
  codec.height = height;
  codec.pixelFormat = AV_PIX_FMT_YUV420P;
  codec.timeBase = new Rational(1, 30);
  codec.threadCount = 1;
  if (bitRate !== undefined) codec.bitRate = bitRate;
  codec.setOption("preset", preset);
  if (tune !== undefined) codec.setOption("tune", tune);
  codec.setOption("x264-params", `threads=1:${parameters}`);
  if (codec.open2Sync(encoder, null) < 0) throw new Error(`libx264 refused ${parameters}`);
  const frame = new AvFrame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = AV_PIX_FMT_YUV420P;
  frame.getBuffer();
  const packet = new Packet();
  packet.alloc();
  const units: Uint8Array[] = [];
  for (let number = 0; number <= pictures; number++) {
    if (number < pictures) {
      frame.makeWritable();
      draw(frame, number);
      frame.pts = BigInt(number);
    }
    codec.sendFrameSync(number < pictures ? frame : null);
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

import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AvFrame,
  Codec,
  CodecContext,
  FF_ENCODER_LIBX264,
  FFmpegError,
  Packet,
  Rational,
} from "../../ffmpeg.js";
import type { TestCameraSettings } from "./test-camera-settings.js";
import type { PicturePlanes } from "./test-picture.js";

/**
 * libx264 with the least delay, for worker threads, because every call blocks. {@link close} frees
 * it.
 */
export class H264Encoder {
  readonly #codec = new CodecContext();
  readonly #frame = new AvFrame();
  readonly #packet = new Packet();
  readonly #take: (accessUnit: Uint8Array) => void;

  /** @param take gets each access unit, whose bytes are valid only during the call */
  constructor(settings: TestCameraSettings, take: (accessUnit: Uint8Array) => void) {
    this.#take = take;
    const { width, height, fps, bitrate } = settings;
    const encoder = Codec.findEncoderByName(FF_ENCODER_LIBX264);
    if (!encoder) throw new Error("This FFmpeg has no libx264");
    const codec = this.#codec;
    codec.allocContext3(encoder);
    codec.width = width;
    codec.height = height;
    codec.pixelFormat = AV_PIX_FMT_YUV420P;
    codec.timeBase = new Rational(1000, Math.round(fps * 1000));
    codec.framerate = new Rational(Math.round(fps * 1000), 1000);
    codec.bitRate = BigInt(Math.round(bitrate));
    codec.threadCount = 1;
    check(codec.setOption("forced-idr", "1"), "forced-idr");
    check(codec.setOption("preset", "ultrafast"), "preset");
    if (settings.bFrames === 0) check(codec.setOption("tune", "zerolatency"), "tune");
    check(codec.setOption("x264-params", parameters(settings)), "x264-params");
    check(codec.open2Sync(encoder, null), "open");
    this.#frame.alloc();
    this.#frame.width = width;
    this.#frame.height = height;
    this.#frame.format = AV_PIX_FMT_YUV420P;
    check(this.#frame.getBuffer(), "frame buffer");
    this.#packet.alloc();
  }

  /**
   * Encodes the picture that `draw` draws, and outputs the access units that are ready.
   *
   * @param asKeyFrame makes it an IDR picture with its parameter sets
   */
  encode(number: number, draw: (planes: PicturePlanes) => void, asKeyFrame = false): void {
    const frame = this.#frame;
    check(frame.makeWritable(), "frame");
    const [y, u, v] = frame.data ?? [];
    if (!y || !u || !v) throw new Error("FFmpeg gave a frame without planes");
    draw({ y, u, v, yStride: frame.linesize[0]!, uvStride: frame.linesize[1]! });
    frame.pts = BigInt(number);
    frame.pictType = asKeyFrame ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    check(this.#codec.sendFrameSync(frame), "encode");
    this.#receive();
  }

  /** Outputs what the encoder still holds, with B pictures. Nothing can be encoded afterwards. */
  flush(): void {
    check(this.#codec.sendFrameSync(null), "flush");
    this.#receive();
  }

  close(): void {
    this.#packet.free();
    this.#frame.free();
    this.#codec.freeContext();
  }

  #receive(): void {
    for (;;) {
      const result = this.#codec.receivePacketSync(this.#packet);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      check(result, "encode");
      const { data } = this.#packet;
      if (data) this.#take(data);
      this.#packet.unref();
    }
  }
}

function parameters({ gop, bFrames, slices, fps, bitrate }: TestCameraSettings): string {
  const kbit = Math.round(bitrate / 1000);
  return [
    `keyint=${gop}:min-keyint=${Math.max(1, Math.floor(gop / 2))}:scenecut=0`,
    // A buffer of half a second limits the size of IDR pictures.
    `vbv-maxrate=${kbit}:vbv-bufsize=${Math.round(kbit * Math.max(0.5, 2 / fps))}`,
    `slices=${slices}:sliced-threads=0:threads=1:bframes=${bFrames}:b-adapt=0:open-gop=0:rc-lookahead=0`,
  ].join(":");
}

function check(result: number, what: string): void {
  if (result < 0) throw new Error(`FFmpeg's encoder failed (${what}): ${FFmpegError.strerror(result)}`);
}

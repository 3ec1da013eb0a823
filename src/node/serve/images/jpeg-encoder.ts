import { DecodeError } from "../../../core/errors.js";
import {
  AV_CODEC_ID_MJPEG,
  AV_FRAME_FLAG_INTERLACED,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  AvFrame,
  Codec,
  CodecContext,
  FFmpegError,
  Packet,
  Rational,
  SoftwareScaleContext,
} from "../../ffmpeg.js";

/** Quantizer of JPEG, 2 (best) to 31: no artefacts to be seen at arm's length. */
const quantizer = "4";

/** Makes JPEGs of FFmpeg's frames, for worker threads: every call blocks. */
export class JpegEncoder {
  readonly #scaler = new SoftwareScaleContext();
  readonly #scaled = new AvFrame();
  readonly #packet = new Packet();
  #context: CodecContext | undefined;
  #size = "";

  constructor() {
    this.#scaler.allocContext();
    this.#scaled.alloc();
    this.#packet.alloc();
  }

  /**
   * Encodes a picture in the size of its samples, into new memory.
   * @throws DecodeError when FFmpeg refuses
   */
  encode(picture: AvFrame): Uint8Array {
    const context = this.#contextFor(picture);
    // swscale refuses to make a progressive picture of an interlaced one.
    picture.clearFlags(AV_FRAME_FLAG_INTERLACED);
    check(this.#scaler.scaleFrameSync(this.#scaled, picture));
    check(context.sendFrameSync(this.#scaled));
    check(context.receivePacketSync(this.#packet));
    const image = new Uint8Array(this.#packet.data ?? []);
    this.#packet.unref();
    return image;
  }

  /** Frees FFmpeg's memory. */
  close(): void {
    this.#context?.freeContext();
    this.#scaler.freeContext();
    this.#scaled.free();
    this.#packet.free();
  }

  #contextFor({ width, height }: AvFrame): CodecContext {
    const size = `${width}x${height}`;
    if (this.#context && this.#size === size) return this.#context;
    this.#context?.freeContext();
    this.#size = size;
    const codec = Codec.findEncoder(AV_CODEC_ID_MJPEG);
    if (!codec) throw new DecodeError("NALIVE_DECODE", "This build of FFmpeg has no JPEG encoder");
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = width;
    context.height = height;
    context.pixelFormat = AV_PIX_FMT_YUVJ420P;
    context.colorRange = AVCOL_RANGE_JPEG;
    context.timeBase = new Rational(1, 1000);
    context.setOption("qmin", quantizer);
    context.setOption("qmax", quantizer);
    check(context.open2Sync(codec, null));
    this.#context = context;
    this.#scaled.unref();
    this.#scaled.width = width;
    this.#scaled.height = height;
    this.#scaled.format = AV_PIX_FMT_YUVJ420P;
    this.#scaled.colorRange = AVCOL_RANGE_JPEG;
    check(this.#scaled.getBuffer());
    return context;
  }
}

function check(result: number): void {
  if (result >= 0) return;
  throw new DecodeError("NALIVE_DECODE", `FFmpeg's JPEG encoder failed: ${FFmpegError.strerror(result)}`);
}

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

/** JPEG quantizer, 2 (best) to 31: at 4, no artefacts are visible at arm's length. */
const quantizer = "4";

/** Encodes FFmpeg's frames as JPEG. Every call blocks: use it in worker threads. */
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
   * Encodes a picture at its size in samples, into new memory.
   * @throws DecodeError `NALIVE_DECODE` when FFmpeg fails
   */
  encode(picture: AvFrame): Uint8Array {
    const context = this.#contextFor(picture);
    // swscale refuses to convert an interlaced picture to a progressive one.
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

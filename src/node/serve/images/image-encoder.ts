import { DecodeError } from "../../../core/errors.js";
import {
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_FRAME_FLAG_INTERLACED,
  AV_PIX_FMT_RGB24,
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

/** What a picture can be made into. */
export type ImageFormat = "jpeg" | "png";

const formats = {
  jpeg: { codec: AV_CODEC_ID_MJPEG, pixelFormat: AV_PIX_FMT_YUVJ420P },
  png: { codec: AV_CODEC_ID_PNG, pixelFormat: AV_PIX_FMT_RGB24 },
} as const;

/** Quantizer of JPEG, 2 (best) to 31: no artefacts to be seen at arm's length. */
const quantizer = "4";

/** Makes images of FFmpeg's frames, for worker threads: every call blocks. */
export class ImageEncoder {
  readonly #format: ImageFormat;
  readonly #scaler = new SoftwareScaleContext();
  readonly #scaled = new AvFrame();
  readonly #packet = new Packet();
  #context: CodecContext | undefined;
  #size = "";

  constructor(format: ImageFormat) {
    this.#format = format;
    this.#scaler.allocContext();
    this.#scaled.alloc();
    this.#packet.alloc();
  }

  /**
   * The picture as a file of its own memory, in the size of its samples.
   * @throws DecodeError when FFmpeg refuses
   */
  encode(picture: AvFrame): Uint8Array {
    const context = this.#contextFor(picture);
    // swscale refuses to make a progressive picture of an interlaced one.
    picture.clearFlags(AV_FRAME_FLAG_INTERLACED);
    check(this.#scaler.scaleFrameSync(this.#scaled, picture), this.#format);
    check(context.sendFrameSync(this.#scaled), this.#format);
    check(context.receivePacketSync(this.#packet), this.#format);
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
    const { codec: id, pixelFormat } = formats[this.#format];
    const codec = Codec.findEncoder(id);
    if (!codec) throw new DecodeError("NALIVE_DECODE", `This build of FFmpeg has no ${this.#format} encoder`);
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = width;
    context.height = height;
    context.pixelFormat = pixelFormat;
    context.colorRange = AVCOL_RANGE_JPEG;
    context.timeBase = new Rational(1, 1000);
    if (this.#format === "jpeg") {
      context.setOption("qmin", quantizer);
      context.setOption("qmax", quantizer);
    }
    check(context.open2Sync(codec, null), this.#format);
    this.#context = context;
    this.#scaled.unref();
    this.#scaled.width = width;
    this.#scaled.height = height;
    this.#scaled.format = pixelFormat;
    this.#scaled.colorRange = AVCOL_RANGE_JPEG;
    check(this.#scaled.getBuffer(), this.#format);
    return context;
  }
}

function check(result: number, format: ImageFormat): void {
  if (result >= 0) return;
  throw new DecodeError(
    "NALIVE_DECODE",
    `FFmpeg's ${format} encoder failed: ${FFmpegError.strerror(result)}`,
  );
}

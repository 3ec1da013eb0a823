import { DecodeError } from "../../../core/errors.js";
import type { FrameFormat } from "../../../core/frame.js";
import {
  AV_FRAME_FLAG_INTERLACED,
  AV_PIX_FMT_BGR24,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_RGBA,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_JPEG,
  AvFrame,
  SoftwareScaleContext,
} from "../../ffmpeg.js";

const pixelFormats = {
  bgr24: AV_PIX_FMT_BGR24,
  rgb24: AV_PIX_FMT_RGB24,
  rgba: AV_PIX_FMT_RGBA,
  gray8: AV_PIX_FMT_GRAY8,
  yuv420p: AV_PIX_FMT_YUV420P,
} as const;

/** The memory of a converted picture. Valid until the next one. */
export interface ScaledPicture {
  readonly data: readonly Buffer[];
  /** Bytes from one row to the next of each plane, with padding. */
  readonly strides: readonly number[];
}

/**
 * Converts FFmpeg's frames to one format with swscale. Another picture size needs new memory, which
 * takes milliseconds.
 */
export class PictureScaler {
  readonly #format: FrameFormat;
  readonly #context = new SoftwareScaleContext();
  readonly #scaled = new AvFrame();
  /**
   * Kept, because each access to the memory of FFmpeg's frame makes V8 count megabytes more, and
   * collect garbage.
   */
  #picture: ScaledPicture | undefined;

  constructor(format: FrameFormat) {
    this.#format = format;
    this.#context.allocContext();
    this.#scaled.alloc();
  }

  /** @throws DecodeError `NALIVE_DECODE` when swscale refuses */
  scale(source: AvFrame): ScaledPicture {
    const scaled = this.#scaled;
    if (scaled.width !== source.width || scaled.height !== source.height) this.#picture = undefined;
    const picture = (this.#picture ??= this.#allocate(source.width, source.height));
    if (this.#format === "yuv420p") {
      scaled.colorSpace = source.colorSpace;
      scaled.colorRange = source.colorRange;
    } else {
      scaled.colorRange = AVCOL_RANGE_JPEG;
    }
    // Convert it as a whole frame, like FFmpeg's programs: swscale refuses to make a progressive
    // frame from an interlaced one.
    source.clearFlags(AV_FRAME_FLAG_INTERLACED);
    const result = this.#context.scaleFrameSync(scaled, source);
    if (result < 0)
      throw new DecodeError("NALIVE_DECODE", `FFmpeg cannot convert to ${this.#format} (${result})`);
    return picture;
  }

  /** Frees FFmpeg's memory. */
  close(): void {
    this.#context.freeContext();
    this.#scaled.free();
  }

  #allocate(width: number, height: number): ScaledPicture {
    const scaled = this.#scaled;
    scaled.unref();
    scaled.width = width;
    scaled.height = height;
    scaled.format = pixelFormats[this.#format as keyof typeof pixelFormats];
    // Let FFmpeg pad the rows: without room for its widest store, swscale leaves out up to 7
    // columns.
    scaled.getBuffer();
    return { data: scaled.data!, strides: scaled.linesize };
  }
}

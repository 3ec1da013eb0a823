import { DecodeError } from "../../core/errors.js";
import type { FrameFormat, Plane } from "../../core/frame.js";
import {
  AV_FRAME_FLAG_INTERLACED,
  AV_PIX_FMT_BGR24,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_RGBA,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  type AVPixelFormat,
  AvFrame,
  avGetPixFmtName,
  SoftwareScaleContext,
} from "../ffmpeg.js";

/** How the samples of a picture lie in memory, without padding. */
export interface PixelLayout {
  /** FFmpeg's name of the pixel format. */
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
  readonly planes: readonly (Plane & { /** Bytes of samples in a row. */ readonly rowBytes: number })[];
  /** Bytes in all. */
  readonly size: number;
}

const converted = {
  bgr24: AV_PIX_FMT_BGR24,
  rgb24: AV_PIX_FMT_RGB24,
  rgba: AV_PIX_FMT_RGBA,
  gray8: AV_PIX_FMT_GRAY8,
  yuv420p: AV_PIX_FMT_YUV420P,
} as const;

/**
 * Brings FFmpeg's frames into one format: cropped, without padding. The stream's colour matrix and range are taken
 * into account; where it says nothing of the matrix it is BT.601, as in FFmpeg, OpenCV and PyAV.
 */
export class PixelConverter {
  readonly #format: FrameFormat;
  readonly #scaler = new SoftwareScaleContext();
  readonly #scaled = new AvFrame();
  /** The memory of `#scaled`: asking FFmpeg's frame for it anew each time would tell V8 of megabytes more and make it collect. */
  #scaledData: Buffer[] = [];
  #layout: PixelLayout | undefined;
  #sourceFormat: AVPixelFormat | undefined;

  constructor(format: FrameFormat) {
    this.#format = format;
    this.#scaler.allocContext();
    this.#scaled.alloc();
  }

  /** Layout of the converted picture; the same object as long as size and format stay. */
  layoutOf(source: AvFrame): PixelLayout {
    const format = source.format as AVPixelFormat;
    if (
      !this.#layout ||
      this.#sourceFormat !== format ||
      this.#layout.width !== source.width ||
      this.#layout.height !== source.height
    ) {
      this.#sourceFormat = format;
      const name = this.#format === "native" ? (avGetPixFmtName(format) ?? "unknown") : this.#format;
      this.#layout = pixelLayout(name, source.width, source.height);
      this.#allocateScaled(this.#layout);
    }
    return this.#layout;
  }

  /** Writes the picture into `target`, which has at least `layoutOf(source).size` bytes and may be shared memory. */
  convert(source: AvFrame, target: Uint8Array): void {
    const layout = this.layoutOf(source);
    if (this.#isCopy(source)) copyPlanes(source.data!, source.linesize, layout, target);
    else {
      this.#scale(source);
      copyPlanes(this.#scaledData, this.#scaled.linesize, layout, target);
    }
  }

  /** Frees FFmpeg's memory. */
  close(): void {
    this.#scaler.freeContext();
    this.#scaled.free();
  }

  #isCopy(source: AvFrame): boolean {
    if (this.#format === "native") return true;
    return (
      this.#format === "yuv420p" &&
      (source.format === AV_PIX_FMT_YUV420P || source.format === AV_PIX_FMT_YUVJ420P)
    );
  }

  #allocateScaled(layout: PixelLayout): void {
    if (this.#format === "native") return;
    const scaled = this.#scaled;
    scaled.unref();
    scaled.width = layout.width;
    scaled.height = layout.height;
    scaled.format = converted[this.#format];
    // With rows padded as FFmpeg likes: swscale leaves out up to 7 columns that its widest store has no room for.
    scaled.getBuffer();
    this.#scaledData = scaled.data!;
  }

  #scale(source: AvFrame): void {
    const scaled = this.#scaled;
    if (this.#format === "yuv420p") {
      scaled.colorSpace = source.colorSpace;
      scaled.colorRange = source.colorRange;
    } else {
      scaled.colorRange = AVCOL_RANGE_JPEG;
    }
    // As a whole frame, like FFmpeg's own programs: swscale refuses to make a progressive frame of an interlaced one.
    source.clearFlags(AV_FRAME_FLAG_INTERLACED);
    const result = this.#scaler.scaleFrameSync(scaled, source);
    if (result < 0)
      throw new DecodeError("NALIVE_DECODE", `FFmpeg cannot convert to ${this.#format} (${result})`);
  }
}

/** Layout of a format by FFmpeg's name: the packed ones that nalive converts to, and what H.264 can hold. */
function pixelLayout(pixelFormat: string, width: number, height: number): PixelLayout {
  const packed = { bgr24: 3, rgb24: 3, rgba: 4, gray8: 1 }[pixelFormat];
  const bytesPerSample = /(9|1[0-6])le$/.test(pixelFormat) ? 2 : 1;
  const sizes: [number, number][] = [[width * (packed ?? bytesPerSample), height]];
  if (packed === undefined && !pixelFormat.startsWith("gray")) {
    const chromaWidth = /4(20|22)p/.test(pixelFormat) ? Math.ceil(width / 2) : width;
    const chromaHeight = /420p/.test(pixelFormat) ? Math.ceil(height / 2) : height;
    for (let plane = 0; plane < 2; plane++) sizes.push([chromaWidth * bytesPerSample, chromaHeight]);
  }
  let size = 0;
  const planes = sizes.map(([rowBytes, rows]) => {
    const plane = { offset: size, stride: rowBytes, rowBytes, height: rows };
    size += rowBytes * rows;
    return plane;
  });
  return { pixelFormat, width, height, planes, size };
}

function copyPlanes(
  data: readonly Buffer[],
  strides: readonly number[],
  layout: PixelLayout,
  target: Uint8Array,
): void {
  layout.planes.forEach(({ offset, rowBytes, height }, index) => {
    const plane = data[index]!;
    const stride = strides[index]!;
    if (stride === rowBytes) {
      target.set(plane.subarray(0, rowBytes * height), offset);
      return;
    }
    for (let row = 0; row < height; row++) {
      target.set(plane.subarray(row * stride, row * stride + rowBytes), offset + row * rowBytes);
    }
  });
}

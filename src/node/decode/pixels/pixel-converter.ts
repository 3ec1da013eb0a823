import type { FrameFormat, Plane } from "../../../core/frame.js";
import {
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVJ420P,
  type AVPixelFormat,
  type AvFrame,
  avGetPixFmtName,
} from "../../ffmpeg.js";
import { PictureScaler } from "./picture-scaler.js";

/** A plane whose rows have `rowBytes` of samples. */
interface PlaneLayout extends Plane {
  readonly rowBytes: number;
}

/** How the samples of a picture lie in memory, without padding. */
export interface PixelLayout {
  /** FFmpeg's name of the pixel format. */
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
  readonly planes: readonly PlaneLayout[];
  /** Bytes in all. */
  readonly size: number;
}

/**
 * Converts FFmpeg's frames to one format, cropped and without padding. Honours the stream's colour
 * matrix and range. A stream that states no matrix counts as BT.601, as in FFmpeg, OpenCV and PyAV.
 */
export class PixelConverter {
  readonly #format: FrameFormat;
  readonly #scaler: PictureScaler;
  #layout: PixelLayout | undefined;
  #sourceFormat: AVPixelFormat | undefined;

  constructor(format: FrameFormat) {
    this.#format = format;
    this.#scaler = new PictureScaler(format);
  }

  /** Layout of the converted picture. The same object as long as size and format stay the same. */
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
    }
    return this.#layout;
  }

  /**
   * Writes the picture to `target`, which has at least `layoutOf(source).size` bytes and may be
   * shared memory.
   */
  convert(source: AvFrame, target: Uint8Array): void {
    const { planes } = this.layoutOf(source);
    if (this.#isCopy(source)) copyPlanes(source.data!, source.linesize, planes, target);
    else {
      const { data, strides } = this.#scaler.scale(source);
      copyPlanes(data, strides, planes, target);
    }
  }

  /** Frees FFmpeg's memory. */
  close(): void {
    this.#scaler.close();
  }

  #isCopy(source: AvFrame): boolean {
    if (this.#format === "native") return true;
    return (
      this.#format === "yuv420p" &&
      (source.format === AV_PIX_FMT_YUV420P || source.format === AV_PIX_FMT_YUVJ420P)
    );
  }
}

/**
 * Layout of a format by FFmpeg's name: the packed formats that nalive converts to, and the formats
 * of H.264.
 */
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
  planes: readonly PlaneLayout[],
  target: Uint8Array,
): void {
  planes.forEach(({ offset, rowBytes, height }, index) => {
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

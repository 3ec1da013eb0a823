import type { ColorDescription, Frame, Plane } from "../../src/core/frame.js";
import type { Microseconds } from "../../src/core/time.js";

/** An RGB or a YCbCr triple. */
export type Triple = readonly [number, number, number];

/** What a test states about a frame. The rest has plain values. */
interface FrameOptions {
  readonly timestamp?: number;
  readonly epoch?: number;
  readonly sampleAspectRatio?: Frame["sampleAspectRatio"];
  readonly color?: Partial<ColorDescription>;
}

/** A frame around bytes that notes whether it was closed. */
export class TestFrame implements Frame {
  readonly sampleAspectRatio;
  readonly color: ColorDescription;
  readonly timestamp: Microseconds;
  readonly duration = undefined;
  readonly provenance: Frame["provenance"];
  readonly #data: Uint8Array;
  closed = false;

  constructor(
    readonly pixelFormat: string,
    readonly width: number,
    readonly height: number,
    readonly planes: readonly Plane[],
    data: Uint8Array,
    options: FrameOptions = {},
  ) {
    this.#data = data;
    this.sampleAspectRatio = options.sampleAspectRatio ?? { width: 1, height: 1 };
    this.color = {
      matrixCoefficients: 2,
      colorPrimaries: 2,
      transferCharacteristics: 2,
      fullRange: false,
      ...options.color,
    };
    const timestamp = (options.timestamp ?? 0) as Microseconds;
    this.timestamp = timestamp;
    this.provenance = {
      sequence: 0,
      epoch: options.epoch ?? 0,
      pictureOrderCount: 0,
      pictureType: "I",
      randomAccess: true,
      codedSize: 0,
      unfiltered: false,
      firstByteAt: timestamp,
      lastByteAt: timestamp,
      completeAt: timestamp,
      decodedAt: timestamp,
    };
  }

  get data(): Uint8Array {
    if (this.closed) throw new Error("read after close");
    return this.#data;
  }

  get stride(): number {
    return this.planes[0]!.stride;
  }

  clone(): Frame {
    return new TestFrame(this.pixelFormat, this.width, this.height, this.planes, this.data.slice());
  }

  close(): void {
    this.closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * A picture in shared memory, like those of the decoder. `paint` returns Y, Cb and Cr of a point,
 * each from 0 to 1.
 */
export function yuv420p(
  width: number,
  height: number,
  paint: (x: number, y: number) => Triple,
  options?: FrameOptions,
): TestFrame {
  const [chromaWidth, chromaHeight] = [(width + 1) >> 1, (height + 1) >> 1];
  const [luma, chroma] = [width * height, chromaWidth * chromaHeight];
  const data = new Uint8Array(new SharedArrayBuffer(luma + 2 * chroma));
  for (let i = 0; i < luma; i++) data[i] = paint((i % width) / width, Math.floor(i / width) / height)[0];
  for (let i = 0; i < chroma; i++) {
    const [, u, v] = paint((i % chromaWidth) / chromaWidth, Math.floor(i / chromaWidth) / chromaHeight);
    data[luma + i] = u;
    data[luma + chroma + i] = v;
  }
  const planes = [
    { offset: 0, stride: width, height },
    { offset: luma, stride: chromaWidth, height: chromaHeight },
    { offset: luma + chroma, stride: chromaWidth, height: chromaHeight },
  ];
  return new TestFrame("yuv420p", width, height, planes, data, options);
}

/** A picture in a packed format. `paint` returns the bytes of a pixel. */
export function packed(
  pixelFormat: string,
  width: number,
  height: number,
  paint: (x: number, y: number) => readonly number[],
  options?: FrameOptions,
): TestFrame {
  const bytes: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) bytes.push(...paint(x / width, y / height));
  const planes = [{ offset: 0, stride: bytes.length / height, height }];
  return new TestFrame(pixelFormat, width, height, planes, Uint8Array.from(bytes), options);
}

const weights = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const;

/** The samples of a colour as H.273 defines them, in floating point. */
export function toYuv([r, g, b]: Triple, matrix: keyof typeof weights, fullRange: boolean): Triple {
  const [kr, kb] = weights[matrix];
  const y = kr * r + (1 - kr - kb) * g + kb * b;
  const [cb, cr] = [(b - y) / (2 - 2 * kb), (r - y) / (2 - 2 * kr)];
  if (fullRange)
    return [Math.round(y), Math.min(255, Math.round(128 + cb)), Math.min(255, Math.round(128 + cr))];
  return [
    Math.round(16 + (y * 219) / 255),
    Math.round(128 + (cb * 224) / 255),
    Math.round(128 + (cr * 224) / 255),
  ];
}

export const red: Triple = [255, 0, 0];
export const green: Triple = [0, 255, 0];
export const blue: Triple = [0, 0, 255];
export const white: Triple = [255, 255, 255];
export const black: Triple = [0, 0, 0];

/**
 * Four quarters, red and green above blue and white, so that turned pictures and swapped colours
 * show.
 */
export const quarters = (x: number, y: number): Triple =>
  y < 0.5 ? (x < 0.5 ? red : green) : x < 0.5 ? blue : white;

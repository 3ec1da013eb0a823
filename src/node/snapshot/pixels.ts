import { NaliveError } from "../../core/errors.js";
import type { Frame } from "../../core/frame.js";
import { colorMatrix } from "../display/color-matrix.js";

/** A picture to be read: a frame, or as much of one as its pixels need. */
export type Samples = Pick<
  Frame,
  "pixelFormat" | "width" | "height" | "stride" | "planes" | "data" | "sampleAspectRatio" | "color"
>;

/** Pixels row by row without gaps, as PNG wants them: grey, RGB or RGBA, a byte per channel. */
export interface Pixels {
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/** Luma weights of red and blue (H.273, table 4). */
const weights = {
  bt601: { red: 0.299, blue: 0.114 },
  bt709: { red: 0.2126, blue: 0.0722 },
  bt2020: { red: 0.2627, blue: 0.0593 },
} as const;

/**
 * The pixels of a picture in the order red, green, blue.
 *
 * @throws NaliveError `NALIVE_INVALID_ARGUMENT` for a format other than rgb24, bgr24, rgba, gray8
 *   and yuv420p
 */
export function toPixels(frame: Samples): Pixels {
  switch (frame.pixelFormat) {
    case "rgb24":
      return { channels: 3, data: packed(frame, 3) };
    case "rgba":
      return { channels: 4, data: packed(frame, 4) };
    case "gray8":
      return { channels: 1, data: packed(frame, 1) };
    case "bgr24":
      return { channels: 3, data: swapRedAndBlue(packed(frame, 3)) };
    case "yuv420p":
      return { channels: 3, data: fromYuv420p(frame) };
    default:
      throw new NaliveError(
        "NALIVE_INVALID_ARGUMENT",
        `A PNG needs a frame in rgb24, bgr24, rgba, gray8 or yuv420p; this one is in ${frame.pixelFormat}`,
      );
  }
}

function packed(frame: Samples, channels: number): Uint8Array {
  const { width, height, stride, data } = frame;
  const start = frame.planes[0]?.offset ?? 0;
  const result = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = start + y * stride;
    result.set(data.subarray(row, row + width * channels), y * width * channels);
  }
  return result;
}

function swapRedAndBlue(pixels: Uint8Array): Uint8Array {
  for (let i = 0; i < pixels.length; i += 3) {
    const blue = pixels[i]!;
    pixels[i] = pixels[i + 2]!;
    pixels[i + 2] = blue;
  }
  return pixels;
}

/** Converts with 16 fractional bits; each chroma sample serves its four pixels. */
function fromYuv420p(frame: Samples): Uint8Array {
  const { width, height, data } = frame;
  const [luma, u, v] = frame.planes;
  const { red, blue } = weights[colorMatrix(frame.color)];
  const [yRange, cRange, black] = frame.color.fullRange ? [255, 255, 0] : [219, 224, 16];
  const fixed = (factor: number) => Math.round(factor * 65536);
  const yFactor = fixed(255 / yRange);
  const redFromV = fixed((2 * (1 - red) * 255) / cRange);
  const blueFromU = fixed((2 * (1 - blue) * 255) / cRange);
  const greenFromU = fixed((2 * (1 - blue) * blue * 255) / (1 - red - blue) / cRange);
  const greenFromV = fixed((2 * (1 - red) * red * 255) / (1 - red - blue) / cRange);
  // The values are whole numbers already: of the clamped array only the clamping matters.
  const result = new Uint8ClampedArray(width * height * 3);
  let target = 0;
  for (let y = 0; y < height; y++) {
    const lumaRow = luma!.offset + y * luma!.stride;
    const uRow = u!.offset + (y >> 1) * u!.stride;
    const vRow = v!.offset + (y >> 1) * v!.stride;
    for (let x = 0; x < width; x++) {
      const grey = (data[lumaRow + x]! - black) * yFactor + 32768;
      const cb = data[uRow + (x >> 1)]! - 128;
      const cr = data[vRow + (x >> 1)]! - 128;
      result[target++] = (grey + cr * redFromV) >> 16;
      result[target++] = (grey - cb * greenFromU - cr * greenFromV) >> 16;
      result[target++] = (grey + cb * blueFromU) >> 16;
    }
  }
  return new Uint8Array(result.buffer);
}

import type { Frame } from "../../core/frame.js";

const luma = Uint8Array.from({ length: 256 }, (_, sample) => Math.round(16 + (sample * 219) / 255));
const chroma = Uint8Array.from({ length: 256 }, (_, sample) =>
  Math.round(128 + ((sample - 128) * 224) / 255),
);

/**
 * Converts full-range YCbCr samples to limited range: SDL 2 knows full range only with BT.601, and
 * many cameras send it with BT.709. It costs one pass over the samples and a rounding error of one
 * level.
 */
export class LimitedRange {
  #buffer = new Uint8Array(0);

  /**
   * The samples of a `yuv420p` frame in limited range, laid out as in the frame. Valid until the
   * next call.
   */
  convert(frame: Frame): Uint8Array {
    const data = frame.data;
    if (this.#buffer.length !== data.length) this.#buffer = new Uint8Array(data.length);
    const result = this.#buffer;
    const lumaEnd = frame.planes[1]!.offset;
    for (let i = 0; i < lumaEnd; i++) result[i] = luma[data[i]!]!;
    for (let i = lumaEnd; i < data.length; i++) result[i] = chroma[data[i]!]!;
    return result;
  }
}

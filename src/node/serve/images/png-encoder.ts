import { colorDescription, sampleAspectRatio } from "../../decode/output-picture.js";
import { PixelConverter } from "../../decode/pixels/pixel-converter.js";
import type { AvFrame } from "../../ffmpeg.js";
import { encodePng } from "../../snapshot/png.js";

/** Encodes FFmpeg's frames as PNG. */
export class PngEncoder {
  readonly #converter = new PixelConverter("rgb24");

  /**
   * Encodes a picture at its size in samples. Reads the picture before it returns its promise;
   * another thread then compresses the copy.
   */
  encode(picture: AvFrame): Promise<Uint8Array> {
    const { width, height, size, planes } = this.#converter.layoutOf(picture);
    const data = new Uint8Array(size);
    this.#converter.convert(picture, data);
    return encodePng({
      pixelFormat: "rgb24",
      width,
      height,
      stride: planes[0]!.stride,
      planes,
      data,
      sampleAspectRatio: sampleAspectRatio(picture),
      color: colorDescription(picture),
    });
  }

  /** Frees FFmpeg's memory. */
  close(): void {
    this.#converter.close();
  }
}

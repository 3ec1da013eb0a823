import type { ColorDescription } from "../../core/frame.js";

/** The families of YCbCr that pictures come in, by their luma weights. */
export type ColorMatrix = "bt601" | "bt709" | "bt2020";

/**
 * Which matrix turns the samples to RGB.
 *
 * @param height rows of the picture: they decide when the stream does not say, as {@link ColorDescription} explains
 */
export function colorMatrix(color: ColorDescription, height: number): ColorMatrix {
  switch (color.matrixCoefficients) {
    case 1:
      return "bt709";
    case 4: // FCC: within a percent of BT.601
    case 5:
    case 6:
      return "bt601";
    case 9:
    case 10:
      return "bt2020";
    default:
      return height < 720 ? "bt601" : "bt709";
  }
}

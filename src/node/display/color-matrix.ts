import type { ColorDescription } from "../../core/frame.js";

/** The families of YCbCr, by their luma weights. */
export type ColorMatrix = "bt601" | "bt709" | "bt2020";

/**
 * The matrix that converts the samples to RGB: BT.601 when the stream names none, as {@link
 * ColorDescription} explains.
 */
export function colorMatrix(color: ColorDescription): ColorMatrix {
  switch (color.matrixCoefficients) {
    case 1:
      return "bt709";
    case 9:
    case 10:
      return "bt2020";
    default: // 4 (FCC) is within a percent of BT.601
      return "bt601";
  }
}

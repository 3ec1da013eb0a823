import type { VideoSignalType } from "../../../h264/syntax/vui-parameters.js";

/** Matrix coefficients that cameras use, numbered as in ITU-T H.273. */
const matrices: Readonly<Record<number, string>> = {
  0: "RGB",
  1: "BT.709",
  4: "FCC",
  5: "BT.601",
  6: "BT.601",
  7: "SMPTE 240M",
  8: "YCgCo",
  9: "BT.2020",
  10: "BT.2020",
};

/** Colour as the VUI states it, such as `BT.709, full range`; undefined if it states nothing. */
export function colourInWords(signal: VideoSignalType | undefined): string | undefined {
  if (!signal) return undefined;
  const { colourDescription: description, videoFullRangeFlag } = signal;
  const number = description?.matrixCoefficients ?? 2;
  const matrix = number === 2 ? "matrix not stated" : (matrices[number] ?? `matrix ${number}`);
  return `${matrix}, ${videoFullRangeFlag ? "full" : "limited"} range`;
}

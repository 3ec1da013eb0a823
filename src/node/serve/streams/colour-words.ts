import type { VideoSignalType } from "../../../h264/syntax/vui-parameters.js";

/** Matrices that cameras use; the numbers of ITU-T H.273. */
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

/** `BT.709, full range`: what the stream says of its colours; undefined when it says nothing. */
export function colourInWords(signal: VideoSignalType | undefined): string | undefined {
  if (!signal) return undefined;
  const { colourDescription: description, videoFullRangeFlag } = signal;
  const number = description?.matrixCoefficients ?? 2;
  const matrix = number === 2 ? "matrix not stated" : (matrices[number] ?? `matrix ${number}`);
  return `${matrix}, ${videoFullRangeFlag ? "full" : "limited"} range`;
}

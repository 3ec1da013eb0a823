import type { AVPixelFormat } from "node-av/constants";
import { concat } from "../support/bytes.js";
import { encodeWithX264 } from "../support/h264/x264.js";

/** What is encoded: x264's parameters decide on the oddity. */
export interface ClipSyntax {
  readonly pixelFormat?: AVPixelFormat;
  readonly parameters: string;
  readonly width?: number;
  readonly height?: number;
}

/**
 * With look-ahead, or the assembly of this machine's processor, x264 does not always write the same
 * bytes.
 */
const reproducible = "lookahead-threads=1:rc-lookahead=0:mbtree=0:asm=0";

/** A clip of ten pictures of moving bars and some noise, by libx264: the same bytes each time. */
export function encodeClip({ parameters, width = 96, height = 80, ...syntax }: ClipSyntax): Uint8Array {
  const settings = {
    ...syntax,
    width,
    height,
    pictures: 10,
    preset: "veryfast",
    parameters: `${reproducible}:keyint=6:scenecut=0:${parameters}`,
  };
  const units = encodeWithX264(settings, (frame, number) => {
    for (const [plane, data] of (frame.data ?? []).entries())
      draw(data, frame.linesize[plane]!, number + plane);
  });
  return concat(...units);
}

/** Deep samples too: small values in every byte. */
function draw(data: Uint8Array, stride: number, number: number): void {
  for (let at = 0; at < data.length; at++) {
    const x = (at % stride) + number * 3;
    const y = Math.floor(at / stride) + number;
    data[at] =
      stride > 0 && at % 2 === 1 ? ((x >> 3) ^ (y >> 2)) & 1 : ((x * 5) ^ (y * 3) ^ ((x * y) >> 4)) & 255;
  }
}

import { promisify } from "node:util";
import { crc32, deflate } from "node:zlib";
import { type Pixels, type Samples, toPixels } from "./pixels.js";

const compress = promisify(deflate);

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const colorTypes = { 1: 0, 3: 2, 4: 6 } as const;

/**
 * Encodes a picture as PNG, in the size of its samples; a pHYs chunk states the shape of pixels
 * that are not square. The picture is read before this returns; zlib's thread compresses it
 * meanwhile.
 *
 * FFmpeg's encoder takes as long for smooth pictures and 1.6 times as long for grainy ones; its
 * files are between 9 % smaller and 1 % larger.
 *
 * @throws NaliveError `NALIVE_INVALID_ARGUMENT` (rejects) for a format other than rgb24, bgr24,
 *   rgba, gray8 and yuv420p
 */
export async function encodePng(picture: Samples): Promise<Uint8Array> {
  const { width, height, sampleAspectRatio } = picture;
  const pixels = toPixels(picture);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits in a sample
  header[9] = colorTypes[pixels.channels];
  const filtered = subtractLeft(pixels, width, height);
  const parts = [signature, chunk("IHDR", header)];
  if (sampleAspectRatio.width !== sampleAspectRatio.height) parts.push(pixelShape(sampleAspectRatio));
  parts.push(chunk("IDAT", await compress(filtered)), chunk("IEND", Buffer.alloc(0)));
  return Buffer.concat(parts);
}

/**
 * Applies PNG's filter 1 to each row, the difference from the pixel to the left: it halves most
 * camera pictures.
 */
function subtractLeft({ data, channels }: Pixels, width: number, height: number): Uint8Array {
  const rowLength = width * channels;
  const result = new Uint8Array((rowLength + 1) * height);
  let [source, target] = [0, 0];
  for (let y = 0; y < height; y++) {
    result[target++] = 1;
    for (let x = 0; x < rowLength; x++, source++) {
      result[target++] = data[source]! - (x < channels ? 0 : data[source - channels]!);
    }
  }
  return result;
}

/**
 * The pHYs chunk: pixels per unit across and down, without naming the unit, so that only their
 * ratio counts.
 */
function pixelShape({ width, height }: Samples["sampleAspectRatio"]): Buffer {
  const data = Buffer.alloc(9);
  data.writeUInt32BE(height, 0);
  data.writeUInt32BE(width, 4);
  return chunk("pHYs", data);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const result = Buffer.alloc(data.length + 12);
  result.writeUInt32BE(data.length, 0);
  result.write(type, 4, "latin1");
  result.set(data, 8);
  result.writeUInt32BE(crc32(result.subarray(4, data.length + 8)), data.length + 8);
  return result;
}

// What the undamaged clips look like on a canvas: by Chromium's decoder as it is, compared with
// FFmpeg's.
import { joinAnnexB, startCodeBytes } from "../../../dist/h264/annex-b.js";
import { patientSps } from "../../../dist/h264/order/patient-sps.js";
import { NalUnitType } from "../../../dist/h264/syntax/nal-unit.js";
import { PixelConverter } from "../../../dist/node/decode/pixels/pixel-converter.js";
import { clip } from "../clips/clips.mjs";
import { decodeEach } from "../clips/reference.mjs";
import { typeOf } from "../plan.mjs";
import { cellSide, decodePlainly } from "./page.mjs";

/**
 * How far the mean colours of a cell may differ: the matrix of a stream that states none is a
 * guess.
 */
const allowedDifference = 24;

/**
 * @param {import("playwright-core").Page} page that has `defineDigest`
 * @param {string} name of a clip
 * @returns {Promise<string[]>} digest of each picture on a canvas, in decoding order
 */
export async function canvasDigests(page, name) {
  const { pictures: coded } = clip(name);
  const units = coded.map(({ bytes }) => bytes);
  const pictures = await page.evaluate(decodePlainly, {
    units: coded.map(({ nalUnits }) => Buffer.concat(nalUnits.map(patient)).toString("base64")),
    side: cellSide,
  });
  const converter = new PixelConverter("rgb24");
  let decoded = 0;
  decodeEach(units, (frame, index) => {
    const layout = converter.layoutOf(frame);
    const bytes = Buffer.alloc(layout.size);
    converter.convert(frame, bytes);
    const difference = largestDifference(pictures[index]?.cells ?? [], bytes, layout);
    if (!(difference <= allowedDifference))
      throw new Error(`Picture ${index} of ${name} differs by ${difference.toFixed(1)} from FFmpeg's`);
    decoded++;
  });
  converter.close();
  const digests = pictures.map(({ digest }) => digest);
  if (decoded !== units.length || new Set(digests).size !== decoded)
    throw new Error(
      `Chromium decodes ${new Set(digests).size} different pictures of the ${units.length} of ${name}`,
    );
  return digests;
}

/**
 * A NAL unit with its start code. Chromium drops pictures where the SPS states too small a reorder
 * depth.
 *
 * @param {Uint8Array} nalUnit
 */
function patient(nalUnit) {
  if (typeOf(nalUnit) !== NalUnitType.sequenceParameterSet) return nalUnit;
  return joinAnnexB([patientSps(nalUnit.subarray(startCodeBytes))]);
}

/**
 * Between the mean colours of cells and those of an RGB picture; infinite where there are no cells.
 *
 * @param {readonly number[]} cells
 * @param {Uint8Array} bytes
 * @param {{ width: number, height: number }} size
 */
function largestDifference(cells, bytes, { width, height }) {
  let largest = 0;
  let cell = 0;
  for (let top = 0; top + cellSide <= height; top += cellSide)
    for (let left = 0; left + cellSide <= width; left += cellSide)
      for (let colour = 0; colour < 3; colour++) {
        let sum = 0;
        for (let y = top; y < top + cellSide; y++)
          for (let x = left; x < left + cellSide; x++) sum += bytes[(y * width + x) * 3 + colour] ?? 0;
        const seen = cells[cell++] ?? Number.POSITIVE_INFINITY;
        largest = Math.max(largest, Math.abs(sum / cellSide ** 2 - seen));
      }
  return largest;
}

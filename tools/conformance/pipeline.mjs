// The package's own stages from bytes to pictures, and the ways to cut a stream for them.
import { createHash } from "node:crypto";
import { IssueCounter } from "../../dist/core/issues.js";
import { FfmpegDecoder } from "../../dist/node/decode/ffmpeg/ffmpeg-decoder.js";
import { PixelConverter } from "../../dist/node/decode/pixels/pixel-converter.js";
import { receiveAll } from "../shared/access-units.mjs";
import { seededRandom } from "../shared/random.mjs";

/**
 * @import { AccessUnit } from "../../dist/h264/access-unit.js"
 * @import { FfmpegDecoderOptions } from "../../dist/node/decode/ffmpeg/ffmpeg-decoder.js"
 *
 * @typedef {() => number} ChunkSizes gives the size of each chunk in turn, bytes
 *
 * @typedef {object} DecodedStream
 * @property {{ sequence: number, position: number, unsupported: string | undefined }[]} units
 * @property {ShownPicture[]} pictures in output order
 * @property {IssueCounter} issues
 *
 * @typedef {object} ShownPicture
 * @property {number} sequence number of its access unit
 * @property {string} md5
 */

/** Chunks as a file or a fast socket gives them. */
export const wholeReads = () => 65_536;
export const singleBytes = () => 1;

/**
 * Sizes from 1 to 3000, small ones as often as large ones; the same for the same seed.
 *
 * @param {number} seed
 * @returns {ChunkSizes}
 */
export function randomCuts(seed) {
  const random = seededRandom(seed);
  return () => Math.floor(3000 ** random());
}

/**
 * @param {Uint8Array} data
 * @param {ChunkSizes} sizes
 */
function* cut(data, sizes) {
  for (let start = 0; start < data.length; ) {
    const end = start + sizes();
    yield data.subarray(start, end);
    start = end;
  }
}

/**
 * Everything in an access unit but its bytes and times.
 *
 * @param {AccessUnit} unit
 */
function summaryOf({ firstByteAt, lastByteAt, completeAt, data, parameterSets, ...rest }) {
  return JSON.stringify(rest);
}

/**
 * One hash over all access units: bytes, positions and the properties of the pictures.
 *
 * @param {Uint8Array} data
 * @param {ChunkSizes} sizes
 */
export function hashOfAccessUnits(data, sizes) {
  const hash = createHash("md5");
  const sink = {
    /** @param {AccessUnit} unit */
    push(unit) {
      hash.update(summaryOf(unit)).update(unit.data).update(unit.parameterSets);
    },
    close() {},
  };
  receiveAll(cut(data, sizes), sink, new IssueCounter(), { isLive: true });
  return hash.digest("hex");
}

/**
 * Receives and decodes a whole stream.
 *
 * @param {Uint8Array} data
 * @param {ChunkSizes} sizes
 * @param {FfmpegDecoderOptions} options
 * @param {import("node:crypto").Hash} [whole] gets the bytes of all pictures
 * @returns {DecodedStream}
 */
export function decode(data, sizes, options, whole) {
  const issues = new IssueCounter();
  const converter = new PixelConverter("native");
  /** @type {DecodedStream["units"]} */
  const units = [];
  /** @type {ShownPicture[]} */
  const pictures = [];
  const decoder = new FfmpegDecoder(
    {
      push({ frame, unit }) {
        const bytes = new Uint8Array(converter.layoutOf(frame).size);
        converter.convert(frame, bytes);
        whole?.update(bytes);
        pictures.push({ sequence: unit.sequence, md5: createHash("md5").update(bytes).digest("hex") });
      },
      close: () => converter.close(),
    },
    issues,
    options,
  );
  const sink = {
    /** @param {AccessUnit} unit */
    push(unit) {
      const { sequence, position, picture } = unit;
      units.push({ sequence, position, unsupported: picture.unsupported });
      decoder.push(unit);
    },
    /** @param {Error} [reason] */
    close: (reason) => decoder.close(reason),
  };
  receiveAll(cut(data, sizes), sink, issues, { isLive: true });
  return { units, pictures, issues };
}

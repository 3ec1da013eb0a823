import { createHash } from "node:crypto";
import { IssueCounter } from "../../dist/core/issues.js";
import { receiveAccessUnits } from "../../dist/h264/access-units/receive-access-units.js";
import { FfmpegDecoder } from "../../dist/node/decode/ffmpeg/ffmpeg-decoder.js";
import { PixelConverter } from "../../dist/node/decode/pixels/pixel-converter.js";

/** Time stands still, so that nothing is guessed by silence. */
const stillClock = { now: () => 0, startTimer: () => () => {} };

/** Pushes `data` into a receiver of access units; `sizes` gives the size of each chunk. */
function receive(data, sizes, sink, issues) {
  const { input } = receiveAccessUnits(sink, stillClock, issues);
  for (let start = 0; start < data.length; ) {
    const end = start + sizes();
    input.push({ data: data.subarray(start, end), receivedAt: 0, framing: "none" });
    start = end;
  }
  input.close();
}

/** Chunks as a file or a fast socket gives them. */
export const wholeReads = () => 65_536;
export const singleBytes = () => 1;

/** Sizes from 1 to 3000, small ones as often as large ones; the same for the same seed. */
export function randomCuts(seed) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return () => Math.floor(3000 ** random());
}

/** Everything in an access unit but times. */
function summaryOf({ firstByteAt, lastByteAt, completeAt, data, parameterSets, ...rest }) {
  return JSON.stringify(rest);
}

/** One hash over all access units: bytes, positions, what is said of the pictures. */
export function hashOfAccessUnits(data, sizes) {
  const hash = createHash("md5");
  const sink = {
    push(unit) {
      hash.update(summaryOf(unit)).update(unit.data).update(unit.parameterSets);
    },
    close() {},
  };
  receive(data, sizes, sink, new IssueCounter());
  return hash.digest("hex");
}

/** All access units of a stream. */
export function accessUnitsOf(data) {
  const units = [];
  receive(data, wholeReads, { push: (unit) => void units.push(unit), close() {} }, new IssueCounter());
  return units;
}

/**
 * Receives and decodes a whole stream.
 *
 * @param options of `FfmpegDecoder`
 * @param whole a hash that gets the bytes of all pictures, if wanted
 */
export function decode(data, sizes, options, whole) {
  const issues = new IssueCounter();
  const converter = new PixelConverter("native");
  const units = [];
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
    push(unit) {
      const { sequence, position, picture } = unit;
      units.push({ sequence, position, unsupported: picture.unsupported });
      decoder.push(unit);
    },
    close: (reason) => decoder.close(reason),
  };
  receive(data, sizes, sink, issues);
  return { units, pictures, issues };
}

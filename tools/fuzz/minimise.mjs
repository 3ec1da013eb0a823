import { writeFileSync } from "node:fs";
import { runChild } from "./run-child.mjs";

/**
 * @import { Target } from "../../test/fuzz/child.js"
 * @import { FuzzInput } from "../../test/fuzz/input.js"
 *
 * @typedef {object} Arrival how the bytes of a finding came
 * @property {Target} target
 * @property {FuzzInput["framing"]} framing
 * @property {number} arrival
 */

/** Each attempt starts a process. */
const mostMs = 60_000;

/**
 * Makes a finding smaller, greedily: first by NAL units, then by bytes, as long as it breaks in the
 * same way.
 *
 * @param {Uint8Array} bytes
 * @param {string} file that the candidates are written to; the smallest stays there
 * @param {Arrival & { why: string }} finding
 * @returns {Promise<Uint8Array>}
 */
export async function minimise(bytes, file, finding) {
  const end = performance.now() + mostMs;
  /** @param {Uint8Array} candidate */
  const breaks = async (candidate) => {
    if (candidate.length === 0) return false;
    writeFileSync(file, candidate);
    const why = await whyFileBreaks(file, finding);
    return why !== undefined && kindOf(why) === kindOf(finding.why);
  };
  let smallest = bytes;
  if (await breaks(smallest)) {
    const nals = splitAtStartCodes(Buffer.from(smallest));
    smallest = await withoutParts(nals, (parts) => Buffer.concat(parts), breaks, end);
    smallest = await withoutParts([...smallest], (bytes) => Buffer.from(bytes), breaks, end);
  }
  writeFileSync(file, smallest);
  return smallest;
}

/**
 * @param {string} file
 * @param {Arrival} arrival
 * @returns {Promise<string | undefined>} what the file breaks
 */
export async function whyFileBreaks(file, { target, framing, arrival }) {
  /** @type {string | undefined} */
  let why;
  const { death } = await runChild({ kind: "file", target, file, framing, arrival }, (report) => {
    if (report.kind === "broken") why ??= report.why;
  });
  return why ?? death?.why;
}

/**
 * Leaves out parts, halves of the whole first, as long as the rest still breaks and there is time.
 *
 * @template T
 * @param {T[]} parts
 * @param {(parts: T[]) => Uint8Array} join
 * @param {(candidate: Uint8Array) => Promise<boolean>} breaks
 * @param {number} end by `performance.now`
 */
async function withoutParts(parts, join, breaks, end) {
  let kept = parts;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length && performance.now() < end; ) {
      const candidate = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (await breaks(join(candidate))) kept = candidate;
      else at += size;
    }
  }
  return join(kept);
}

/** @param {Buffer} bytes */
function splitAtStartCodes(bytes) {
  const startCode = Buffer.from([0, 0, 1]);
  const parts = [];
  let start = 0;
  for (let at = bytes.indexOf(startCode, 1); at > 0; at = bytes.indexOf(startCode, at + 3)) {
    parts.push(bytes.subarray(start, at));
    start = at;
  }
  return [...parts, bytes.subarray(start)];
}

/**
 * The first line without its numbers: the same for findings of one cause.
 *
 * @param {string} why
 */
export const kindOf = (why) => why.split("\n", 1)[0]?.replace(/[0-9.]+/g, "N");

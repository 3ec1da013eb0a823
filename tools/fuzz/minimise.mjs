import { writeFileSync } from "node:fs";
import { runChild } from "./run-child.mjs";

/** Each try starts a process. */
const mostMs = 60_000;

/**
 * Makes a finding smaller, greedily: first by NAL units, then by bytes, as long as it breaks in the
 * same way.
 *
 * @param {string} file that the candidates are written to; the smallest is left there
 * @param {{ target: string, framing: string, arrival: number, why: string }} finding
 * @returns {Promise<Buffer>}
 */
export async function minimise(bytes, file, finding) {
  const end = performance.now() + mostMs;
  const breaks = async (candidate) => {
    if (candidate.length === 0) return false;
    writeFileSync(file, candidate);
    return kindOf(await tryFile(file, finding)) === kindOf(finding.why);
  };
  let smallest = bytes;
  if (await breaks(smallest)) {
    const nals = splitAtStartCodes(smallest);
    smallest = await withoutParts(nals, (parts) => Buffer.concat(parts), breaks, end);
    smallest = await withoutParts([...smallest], (bytes) => Buffer.from(bytes), breaks, end);
  }
  writeFileSync(file, smallest);
  return smallest;
}

/** What a file breaks, or undefined. */
export async function tryFile(file, { target, framing, arrival }) {
  let why;
  const { broken } = await runChild({ kind: "file", target, file, framing, arrival }, (report) => {
    if (report.kind === "broken") why ??= report.why;
  });
  return why ?? broken?.why;
}

/**
 * Leaves out parts, halves of the whole first, as long as what is left still breaks and there is
 * time.
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

function splitAtStartCodes(bytes) {
  const parts = [];
  let start = 0;
  for (
    let at = bytes.indexOf("\0\0\u0001", 1, "latin1");
    at > 0;
    at = bytes.indexOf("\0\0\u0001", at + 3, "latin1")
  ) {
    parts.push(bytes.subarray(start, at));
    start = at;
  }
  return [...parts, bytes.subarray(start)];
}

/** The first line, without its numbers. */
export const kindOf = (why) => why?.split("\n")[0].replace(/[0-9.]+/g, "N");

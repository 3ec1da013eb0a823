// Decodes streams that others made, and compares every picture: npm run conformance -- DIR
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, installPackages, root } from "../setup/setup.mjs";
import { formatTable } from "../shared/table.mjs";
import { readIndex, streamFile } from "./reference.mjs";

/**
 * @import { Report } from "./check-stream.mjs"
 * @import { Row } from "./reference.mjs"
 * @import { SliceFigures } from "./slices.mjs"
 *
 * @typedef {Report & { row: Row, isSkipped: boolean }} Result
 */

const usage = `usage: npm run conformance -- DIR

DIR is a folder of streams with an index: index.tsv, streams/, framemd5/, access-units/, core.txt.`;

const atOnce = 2;
const timeoutMs = 120_000;

/** @param {string | undefined} directory */
async function main(directory) {
  if (!directory || !existsSync(join(directory, "index.tsv"))) {
    console.error(directory ? `${directory} has no index.tsv\n\n${usage}` : usage);
    process.exitCode = 2;
    return;
  }
  installPackages();
  build();
  const rows = readIndex(directory);
  /** @type {Result[]} */
  const results = [];
  const waiting = rows.map((row, index) => ({ row, index }));
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { row, index } = next;
      const isSkipped = !existsSync(streamFile(directory, row.path));
      const report = isSkipped ? { failures: [], notes: [] } : await checkInChild(directory, row);
      results[index] = { row, isSkipped, ...report };
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  print(results);
  process.exitCode = results.some(hasFailed) ? 1 : 0;
}

/**
 * Checks a stream in its own process: when a hostile stream crashes or hangs the native decoder,
 * only that process ends.
 *
 * @param {string} directory
 * @param {Row} row
 * @returns {Promise<Report>}
 */
function checkInChild(directory, row) {
  return new Promise((resolve) => {
    const child = fork(join(root, "tools/conformance/child.mjs"), [directory, JSON.stringify(row)]);
    /** @type {Report | undefined} */
    let report;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.on("message", (/** @type {Report} */ message) => {
      report = message;
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (report && code === 0) return resolve(report);
      const came = isLate
        ? `it still ran after ${timeoutMs / 1000} s`
        : `it ended with ${signal ?? `code ${code}`}`;
      resolve({ failures: [{ what: "run", expected: "to end by itself", came }], notes: [] });
    });
  });
}

/** @param {Result[]} results */
function print(results) {
  for (const { row, notes } of results) for (const note of notes) console.log(`note ${row.path}: ${note}`);
  for (const { row, failures } of results) {
    for (const { what, expected, came } of failures) {
      console.log(`FAIL ${row.path}: ${what}: expected ${expected}, came ${came}`);
    }
  }
  const tiers = [...new Set(results.map(({ row }) => row.tier))].sort();
  const rows = tiers.map((tier) => {
    const ofTier = results.filter(({ row }) => row.tier === tier);
    const judged = ofTier.filter(({ showsAll }) => showsAll !== undefined);
    const all = judged.filter(({ showsAll }) => showsAll).length;
    const allLive = judged.length > 0 ? `${all} of ${judged.length}` : "-";
    return [
      tier,
      ofTier.length,
      count(ofTier, hasPassed),
      count(ofTier, hasFailed),
      count(ofTier, isSkipped),
      allLive,
    ];
  });
  const header = ["tier", "streams", "passed", "failed", "skipped", "all pictures live"];
  console.log(`\n${formatTable(header, rows)}`);
  console.log(`\n${sliceTable(results)}`);
  console.log(
    `\n${count(results, hasPassed)} passed, ${count(results, hasFailed)} failed, ${count(results, isSkipped)} skipped`,
  );
}

/**
 * What reading slices to their ends (`SliceDataCheck`) found, by kind of picture.
 *
 * @param {Result[]} results
 */
function sliceTable(results) {
  /** @type {Map<string, SliceFigures[]>} */
  const kinds = new Map();
  for (const { slices = [] } of results) {
    for (const [kind, figures] of slices) kinds.set(kind, [...(kinds.get(kind) ?? []), figures]);
  }
  const rows = [...kinds].sort().map(([kind, streams]) => {
    /** @param {keyof SliceFigures} name */
    const sum = (name) => streams.reduce((total, figures) => total + figures[name], 0);
    return [
      kind,
      streams.length,
      sum("pictures"),
      sum("unread"),
      sum("falseAlarms"),
      sum("shortened"),
      sum("unnoticed"),
      sum("missing"),
      sum("unnoticedMissing"),
    ];
  });
  const header = [
    "slices",
    "streams",
    "pictures",
    "unread",
    "false alarms",
    "shortened",
    "unnoticed",
    "missing",
    "unnoticed",
  ];
  return formatTable(header, rows);
}

/** @param {Result} result */
const isSkipped = (result) => result.isSkipped;
/** @param {Result} result */
const hasFailed = (result) => result.failures.length > 0;
/** @param {Result} result */
const hasPassed = (result) => !isSkipped(result) && !hasFailed(result);
/**
 * @param {Result[]} results
 * @param {(result: Result) => boolean} matches
 */
const count = (results, matches) => results.filter(matches).length;

await main(process.argv[2]);

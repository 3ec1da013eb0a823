// Decodes streams that nobody here made and compares with what they must decode to: npm run conformance -- DIR
import { execFileSync, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readIndex, streamFile } from "./reference.mjs";

const usage = `usage: npm run conformance -- DIR

DIR is a folder of streams with an index: index.tsv, streams/, framemd5/, access-units/, core.txt.`;

const atOnce = 2;
const timeoutMs = 120_000;
const root = fileURLToPath(new URL("../..", import.meta.url));

async function main(directory) {
  if (!directory || !existsSync(join(directory, "index.tsv"))) {
    console.error(directory ? `${directory} has no index.tsv\n\n${usage}` : usage);
    process.exitCode = 2;
    return;
  }
  if (!existsSync(join(root, "dist/node/decode/ffmpeg/ffmpeg-decoder.js"))) {
    execFileSync("npx", ["tsc", "-b"], { cwd: root, stdio: "inherit" });
  }
  const rows = readIndex(directory);
  const results = [];
  const waiting = rows.map((row, index) => ({ row, index }));
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      results[next.index] = { row: next.row, ...(await checkInChild(directory, next.row)) };
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  print(results);
  process.exitCode = results.some(failed) ? 1 : 0;
}

/** A hostile stream may crash or hang the native decoder: then only its own process ends. */
function checkInChild(directory, row) {
  if (!existsSync(streamFile(directory, row.path))) return { skipped: true, failures: [], notes: [] };
  return new Promise((resolve) => {
    const child = fork(join(root, "tools/conformance/child.mjs"), [directory, JSON.stringify(row)]);
    let report;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.on("message", (message) => {
      report = message;
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (report && code === 0) return resolve(report);
      const came = late
        ? `it still ran after ${timeoutMs / 1000} s`
        : `it ended with ${signal ?? `code ${code}`}`;
      resolve({ failures: [{ what: "run", expected: "to end by itself", came }], notes: [] });
    });
  });
}

function print(results) {
  for (const { row, notes } of results) for (const note of notes) console.log(`note ${row.path}: ${note}`);
  for (const { row, failures } of results) {
    for (const { what, expected, came } of failures) {
      console.log(`FAIL ${row.path}: ${what}: expected ${expected}, came ${came}`);
    }
  }
  console.log("\ntier  streams  passed  failed  skipped  all pictures live");
  for (const tier of [...new Set(results.map(({ row }) => row.tier))].sort()) {
    const ofTier = results.filter(({ row }) => row.tier === tier);
    const judged = ofTier.filter(({ shownAll }) => shownAll !== undefined);
    const all = judged.length
      ? `${judged.filter(({ shownAll }) => shownAll).length} of ${judged.length}`
      : "-";
    const figures = [ofTier.length, count(ofTier, passed), count(ofTier, failed), count(ofTier, skipped)];
    const widths = [7, 6, 6, 7];
    console.log(
      `${tier.padEnd(4)}  ${figures.map((figure, i) => String(figure).padStart(widths[i])).join("  ")}  ${all.padStart(17)}`,
    );
  }
  printSlices(results);
  console.log(
    `\n${count(results, passed)} passed, ${count(results, failed)} failed, ${count(results, skipped)} skipped`,
  );
}

/** Slices read to their ends (`SliceDataCheck`). */
function printSlices(results) {
  const kinds = new Map();
  for (const { slices = {} } of results) {
    for (const [kind, figures] of Object.entries(slices)) {
      const sum = kinds.get(kind) ?? { streams: 0 };
      sum.streams++;
      for (const [name, figure] of Object.entries(figures)) sum[name] = (sum[name] ?? 0) + figure;
      kinds.set(kind, sum);
    }
  }
  const columns = [
    "streams",
    "pictures",
    "unread",
    "false alarms",
    "shortened",
    "unnoticed",
    "missing",
    "unnoticed",
  ];
  console.log(`\n${"slices".padEnd(25)}  ${columns.join("  ")}`);
  for (const [kind, sum] of [...kinds].sort()) {
    const { streams, pictures, unread, falseAlarms, shortened, unnoticed, missing, unnoticedMissing } = sum;
    const cells = [streams, pictures, unread, falseAlarms, shortened, unnoticed, missing, unnoticedMissing];
    const padded = cells.map((cell, i) => String(cell).padStart(columns[i].length));
    console.log(`${kind.padEnd(25)}  ${padded.join("  ")}`);
  }
}

const skipped = (result) => result.skipped === true;
const failed = (result) => result.failures.length > 0;
const passed = (result) => !skipped(result) && !failed(result);
const count = (results, is) => results.filter(is).length;

await main(process.argv[2]);

// `npm run fuzz` sends mutated and hostile streams through the parser, the decoder and the server.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build, installPackages, root } from "../setup/setup.mjs";
import { quantile } from "../shared/statistics.mjs";
import { formatTable } from "../shared/table.mjs";
import { compiled, compileTargets } from "./compile.mjs";
import { kindOf, minimise, whyFileBreaks } from "./minimise.mjs";
import { runChild } from "./run-child.mjs";

/**
 * @import { Report, Target } from "../../test/fuzz/child.js"
 * @import { FuzzInput } from "../../test/fuzz/input.js"
 *
 * @typedef {object} Finding
 * @property {Target} target
 * @property {number} number of the input
 * @property {string} name of what it was made from
 * @property {FuzzInput["framing"]} framing
 * @property {number} arrival
 * @property {string} why
 * @property {string} [file] where it was written to
 *
 * @typedef {object} Totals of one target
 * @property {number} inputs
 * @property {number} bytes
 * @property {number} milliseconds
 * @property {number} frames
 * @property {number} mostRss bytes
 * @property {number} mostLive bytes after a forced collection
 * @property {number} slowest ms for one input
 * @property {number} next number of the next input
 * @property {Finding[]} findings
 * @property {number[]} costs µs per byte
 */

const usage = `usage: npm run fuzz -- [--minutes N] [--seed N] [--target NAME] [--streams DIR]
       npm run fuzz -- --target NAME --seed N --only NUMBER [--streams DIR]
       npm run fuzz -- --file FILE

--target NAME   coded, decoder, process (the decoder in its own process), wire, server, or all (default)
--minutes N     how long in all (default 10); the targets take turns
--seed N        the same seed gives the same inputs (default 1)
--streams DIR   more streams to make inputs from; they change the input of each number
--only NUMBER   repeats one input, by its number
--file FILE     repeats a finding, arriving in every way

Findings are minimised and written to out/fuzz/.`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    target: { type: "string", default: "all" },
    streams: { type: "string" },
    only: { type: "string" },
    file: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
/**
 * Inputs per process, after which its memory is measured. A batch takes about the same time for
 * each target.
 *
 * @type {Record<Target, number>}
 */
const batches = { coded: 300, decoder: 300, process: 60, wire: 600, server: 150 };
const allTargets = /** @type {Target[]} */ (Object.keys(batches));
const targets = allTargets.filter((target) => values.target === "all" || values.target === target);
const numbers = [values.minutes, values.seed, values.only ?? "0"].map(Number);
const out = join(root, "out/fuzz");
/** Live bytes of a process after a batch and a forced collection. */
const mostLiveBytes = 96 * 2 ** 20;
const mostCosts = 100_000;

if (values.help || targets.length === 0 || numbers.some(Number.isNaN)) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}
installPackages();
build();
mkdirSync(out, { recursive: true });
compileTargets();
const folder = values.streams && resolve(values.streams);
const seed = Number(values.seed);
if (values.file) process.exitCode = (await repeatFile(resolve(values.file))) ? 1 : 0;
else if (values.only) process.exitCode = (await repeatInput(Number(values.only))) ? 1 : 0;
else process.exitCode = (await fuzz(Number(values.minutes) * 60_000)) ? 1 : 0;

/**
 * @param {number} milliseconds
 * @returns {Promise<boolean>} true when something broke
 */
async function fuzz(milliseconds) {
  const totals = targets.map((target) => ({ target, total: noTotals() }));
  let end = performance.now() + milliseconds;
  process.once("SIGINT", () => {
    end = 0;
  });
  while (performance.now() < end) {
    for (const { target, total } of totals) {
      if (performance.now() < end) await runBatch(target, total, () => performance.now() > end);
    }
  }
  print(totals);
  return totals.some(({ total }) => total.findings.length > 0);
}

/** @returns {Totals} */
function noTotals() {
  return {
    inputs: 0,
    bytes: 0,
    milliseconds: 0,
    frames: 0,
    mostRss: 0,
    mostLive: 0,
    slowest: 0,
    next: 0,
    findings: [],
    costs: [],
  };
}

/**
 * @param {Target} target
 * @param {Totals} total
 * @param {() => boolean} shouldStop
 */
async function runBatch(target, total, shouldStop) {
  const started = performance.now();
  const from = total.next;
  /** @type {Omit<Finding, "why">} The input that runs. */
  let input = { target, number: from, name: "nothing", framing: "none", arrival: 0 };
  /** @param {string} why */
  const found = (why) => total.findings.push({ ...input, why });
  const { death } = await runChild(
    { kind: "inputs", target, seed, folder, from, count: batches[target] },
    (report) => {
      if (report.kind === "begin") {
        const { number, name, framing, arrival } = report;
        input = { target, number, name, framing, arrival };
      }
      if (report.kind === "broken") found(report.why);
      if (report.kind === "end") countInput(total, report);
      if (report.kind === "batch") {
        total.mostLive = Math.max(total.mostLive, report.liveBytes);
        if (report.liveBytes > mostLiveBytes) {
          found(`growth: ${report.liveBytes} bytes live after the batch from ${from}`);
        }
      }
    },
    shouldStop,
  );
  if (death) {
    found(death.why);
    total.next = death.number + 1;
  }
  total.milliseconds += performance.now() - started;
  for (const finding of total.findings.filter(({ file }) => !file)) await keep(finding, total.findings);
}

/**
 * @param {Totals} total
 * @param {Extract<Report, { kind: "end" }>} report
 */
function countInput(total, report) {
  total.inputs++;
  total.next = report.number + 1;
  total.bytes += report.bytes;
  total.frames += report.frames ?? 0;
  total.mostRss = Math.max(total.mostRss, report.rss);
  total.slowest = Math.max(total.slowest, report.milliseconds);
  if (report.microsecondsPerByte !== undefined && total.costs.length < mostCosts)
    total.costs.push(report.microsecondsPerByte);
}

/**
 * Writes a finding to a file. The first of each kind is minimised.
 *
 * @param {Finding} finding
 * @param {readonly Finding[]} findings
 */
async function keep(finding, findings) {
  const { target, number, name, framing, arrival, why } = finding;
  const isNew = !findings.some((other) => other.file && kindOf(other.why) === kindOf(why));
  const file = join(out, `${target}-${seed}-${number}.h264`);
  finding.file = file;
  const bytes = await bytesOf(number);
  writeFileSync(file, bytes);
  writeFileSync(`${file}.txt`, `${why}\n\nfrom ${name}, framing ${framing}, arrival ${arrival}\n`);
  const streams = folder ? ` --streams ${folder}` : "";
  console.log(`FOUND ${target} ${number} (${name}): ${why.split("\n")[0]}`);
  console.log(`      again: npm run fuzz -- --target ${target} --seed ${seed} --only ${number}${streams}`);
  if (!isNew) return;
  const smallFile = file.replace(".h264", ".small.h264");
  const small = await minimise(bytes, smallFile, finding);
  console.log(`      ${bytes.length} bytes, minimised to ${small.length} in ${relative(root, smallFile)}`);
}

/** @param {number} number of an input */
async function bytesOf(number) {
  /** @type {typeof import("../../test/fuzz/base-streams.js")} */
  const { corpus, encodedStreams, streamsOf } = await load("base-streams.js");
  /** @type {typeof import("../../test/fuzz/input.js")} */
  const { makeInput } = await load("input.js");
  const bases = [...encodedStreams(), ...corpus(), ...(folder ? streamsOf(folder) : [])];
  return makeInput(bases, seed, number).bytes;
}

/** @param {string} name of a file in test/fuzz */
function load(name) {
  return import(pathToFileURL(compiled(name)).href);
}

/**
 * @param {number} number
 * @returns {Promise<boolean>} true when something broke
 */
async function repeatInput(number) {
  let isBroken = false;
  for (const target of targets) {
    const { death } = await runChild(
      { kind: "inputs", target, seed, folder, from: number, count: 1 },
      (report) => {
        console.log(target, report);
        isBroken ||= report.kind === "broken";
      },
    );
    if (death) console.log(target, death);
    isBroken ||= death !== undefined;
  }
  return isBroken;
}

/**
 * @param {string} file
 * @returns {Promise<boolean>} true when something broke
 */
async function repeatFile(file) {
  let isBroken = false;
  for (const target of targets) {
    for (const framing of /** @type {const} */ (["none", "message", "datagram"])) {
      for (let arrival = 1; arrival <= 5; arrival++) {
        const why = await whyFileBreaks(file, { target, framing, arrival });
        if (why) console.log(`${target}, ${framing}, arrival ${arrival}: ${why}`);
        isBroken ||= why !== undefined;
      }
    }
  }
  if (!isBroken) console.log("Nothing breaks.");
  return isBroken;
}

/** @param {{ target: Target, total: Totals }[]} totals */
function print(totals) {
  /** @param {number} bytes */
  const mebibytes = (bytes) => Math.round(bytes / 2 ** 20);
  const header = [
    "target",
    "minutes",
    "inputs",
    "MiB in",
    "frames",
    "slowest ms",
    "most RSS MiB",
    "live after gc MiB",
    "findings",
  ];
  const rows = totals.map(({ target, total }) => [
    target,
    (total.milliseconds / 60_000).toFixed(1),
    total.inputs,
    mebibytes(total.bytes),
    total.frames,
    Math.round(total.slowest),
    mebibytes(total.mostRss),
    mebibytes(total.mostLive),
    total.findings.length,
  ]);
  console.log(`\n${formatTable(header, rows)}`);
  const costs = totals.find(({ target }) => target === "coded")?.total.costs ?? [];
  if (costs.length > 0) {
    /** @param {number} share */
    const at = (share) => quantile(costs, share).toFixed(3);
    console.log(`\ncoded side, µs per byte of input: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`);
  }
}

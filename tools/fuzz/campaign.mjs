// Sends inputs through targets for a time, and keeps what breaks.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../setup/setup.mjs";
import { compiled } from "./compile.mjs";
import { kindOf, minimise } from "./minimise.mjs";
import { runChild } from "./run-child.mjs";

/**
 * @import { Report, Target } from "../../test/fuzz/child.js"
 * @import { FuzzInput } from "../../test/fuzz/input.js"
 *
 * @typedef {object} Campaign
 * @property {readonly Target[]} targets
 * @property {number} seed
 * @property {string | undefined} folder of more streams to make inputs from
 * @property {string} out folder for findings
 * @property {() => boolean} isOver is asked after each input
 * @property {number} [batchSize] inputs per process; by default as many as take about the same time
 * @property {number} [mostLiveBytes] of a process after a batch and a forced collection
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
 * @property {Target} target
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

/**
 * Inputs per process, after which its memory is measured. A batch takes about the same time for
 * each target.
 *
 * @type {Record<Target, number>}
 */
const batches = { coded: 300, decoder: 300, process: 60, wire: 600, server: 150 };
const usualLiveBytes = 96 * 2 ** 20;
const mostCosts = 100_000;

export const allTargets = /** @type {Target[]} */ (Object.keys(batches));

/**
 * Runs batches, the targets in turn, until the campaign is over.
 *
 * @param {Campaign} campaign
 * @returns {Promise<Totals[]>}
 */
export async function fuzz(campaign) {
  mkdirSync(campaign.out, { recursive: true });
  const totals = campaign.targets.map(noTotals);
  while (!campaign.isOver()) {
    for (const total of totals) if (!campaign.isOver()) await runBatch(campaign, total);
  }
  return totals;
}

/**
 * @param {Target} target
 * @returns {Totals}
 */
function noTotals(target) {
  return {
    target,
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
 * @param {Campaign} campaign
 * @param {Totals} total
 */
async function runBatch(campaign, total) {
  const { seed, folder, isOver, mostLiveBytes = usualLiveBytes } = campaign;
  const { target, next: from } = total;
  const count = campaign.batchSize ?? batches[target];
  const started = performance.now();
  /** @type {Omit<Finding, "why">} The input that runs. */
  let input = { target, number: from, name: "nothing", framing: "none", arrival: 0 };
  /** @param {string} why */
  const found = (why) => total.findings.push({ ...input, why });
  const { death } = await runChild(
    { kind: "inputs", target, seed, folder, from, count },
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
    isOver,
  );
  if (death) {
    found(death.why);
    total.next = death.number + 1;
  }
  total.milliseconds += performance.now() - started;
  for (const finding of total.findings.filter(({ file }) => !file))
    await keep(campaign, finding, total.findings);
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
 * @param {Campaign} campaign
 * @param {Finding} finding
 * @param {readonly Finding[]} findings
 */
async function keep({ seed, folder, out }, finding, findings) {
  const { target, number, name, framing, arrival, why } = finding;
  const isNew = !findings.some((other) => other.file && kindOf(other.why) === kindOf(why));
  const file = join(out, `${target}-${seed}-${number}.h264`);
  finding.file = file;
  const bytes = await bytesOf(seed, number, folder);
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

/**
 * The bytes of an input.
 *
 * @param {number} seed
 * @param {number} number
 * @param {string | undefined} folder
 */
async function bytesOf(seed, number, folder) {
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

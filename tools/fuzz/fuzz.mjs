// `npm run fuzz` sends mutated and hostile streams through the parser, the decoder and the server.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build, installPackages, root } from "../setup/setup.mjs";
import { quantile } from "../shared/statistics.mjs";
import { formatTable } from "../shared/table.mjs";
import { allTargets, fuzz } from "./campaign.mjs";
import { compileTargets } from "./compile.mjs";
import { whyFileBreaks } from "./minimise.mjs";
import { runChild } from "./run-child.mjs";

/** @import { Totals } from "./campaign.mjs" */

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
const targets = allTargets.filter((target) => values.target === "all" || values.target === target);
const [minutes = 0, seed = 0, number = 0] = [values.minutes, values.seed, values.only ?? "0"].map(Number);
const folder = values.streams && resolve(values.streams);

if (values.help) {
  console.log(usage);
  process.exit(0);
}
if (targets.length === 0 || [minutes, seed, number].some(Number.isNaN)) {
  console.error(usage);
  process.exit(2);
}
installPackages();
build();
compileTargets();
const isBroken = values.file
  ? await repeatFile(resolve(values.file))
  : values.only
    ? await repeatInput(number)
    : await fuzzFor(minutes * 60_000);
process.exitCode = isBroken ? 1 : 0;

/**
 * @param {number} milliseconds
 * @returns {Promise<boolean>} true when something broke
 */
async function fuzzFor(milliseconds) {
  let end = performance.now() + milliseconds;
  process.once("SIGINT", () => {
    end = 0;
  });
  const isOver = () => performance.now() > end;
  const totals = await fuzz({ targets, seed, folder, out: join(root, "out/fuzz"), isOver });
  print(totals);
  return totals.some(({ findings }) => findings.length > 0);
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

/** @param {readonly Totals[]} totals */
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
  const rows = totals.map((total) => [
    total.target,
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
  const costs = totals.find(({ target }) => target === "coded")?.costs ?? [];
  if (costs.length > 0) {
    /** @param {number} share */
    const at = (share) => quantile(costs, share).toFixed(3);
    console.log(`\ncoded side, µs per byte of input: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`);
  }
}

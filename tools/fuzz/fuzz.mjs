// `npm run fuzz`: mutated and hostile streams through the coded side and the decoder, for as long
// as you like.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build, installPackages, root } from "../setup/setup.mjs";
import { compiled, compileTargets } from "./compile.mjs";
import { kindOf, minimise, tryFile } from "./minimise.mjs";
import { runChild } from "./run-child.mjs";

const usage = `usage: npm run fuzz -- [--minutes N] [--seed N] [--target NAME] [--streams DIR]
       npm run fuzz -- --target NAME --seed N --only NUMBER [--streams DIR]
       npm run fuzz -- --file FILE

--target    coded, decoder, process (the decoder in one of its own), wire, server, or all
--minutes   how long in all, 10 when not given; the targets take turns
--seed      the same seed gives the same inputs, 1 when not given
--streams   a folder of more streams to make inputs from (they are part of what a number means)
--only      one input again, by its number
--file      a finding again, in all ways that it can arrive

Findings are written to out/fuzz/, made as small as they can.`;

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
/** Inputs of one process, after which what it holds is measured; about as long for each target. */
const batches = { coded: 300, decoder: 300, process: 60, wire: 600, server: 150 };
const targets = values.target === "all" ? Object.keys(batches) : [values.target];
const numbers = [values.minutes, values.seed, values.only ?? "0"].map(Number);
const out = join(root, "out/fuzz");
/** What a process holds after a batch, garbage collected. */
const mostLiveBytes = 96 * 2 ** 20;

if (values.help || !targets.every((target) => target in batches) || numbers.some(Number.isNaN)) {
  console.error(usage);
  process.exit(2);
}
installPackages();
build();
mkdirSync(out, { recursive: true });
compileTargets();
const folder = values.streams && resolve(values.streams);
const seed = Number(values.seed);
if (values.file) process.exitCode = await again(resolve(values.file));
else if (values.only) process.exitCode = await only(Number(values.only));
else process.exitCode = await fuzz(Number(values.minutes) * 60_000);

async function fuzz(milliseconds) {
  const totals = Object.fromEntries(
    targets.map((target) => [
      target,
      {
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
      },
    ]),
  );
  let end = performance.now() + milliseconds;
  process.once("SIGINT", () => {
    end = 0;
  });
  for (let turn = 0; performance.now() < end; turn++) {
    const target = targets[turn % targets.length];
    const total = totals[target];
    const started = performance.now();
    const from = total.next;
    let begun;
    const { broken } = await runChild(
      { kind: "inputs", target, seed, folder, from, count: batches[target] },
      (report) => {
        if (report.kind === "begin") begun = report;
        if (report.kind === "broken") total.findings.push({ ...begun, target, why: report.why });
        if (report.kind === "end") countInput(total, report);
        if (report.kind === "batch") {
          total.mostLive = Math.max(total.mostLive, report.liveBytes);
          if (report.liveBytes > mostLiveBytes) {
            total.findings.push({
              ...begun,
              target,
              why: `growth: ${report.liveBytes} bytes live after the batch from ${from}`,
            });
          }
        }
      },
      () => performance.now() > end,
    );
    if (broken) {
      total.findings.push({ ...begun, target, why: broken.why });
      total.next = broken.number + 1;
    }
    total.milliseconds += performance.now() - started;
    for (const finding of total.findings.filter(({ file }) => !file)) await keep(finding, total.findings);
  }
  print(totals);
  return Object.values(totals).some(({ findings }) => findings.length > 0) ? 1 : 0;
}

function countInput(total, report) {
  total.inputs++;
  total.next = report.number + 1;
  total.bytes += report.bytes;
  total.frames += report.frames ?? 0;
  total.mostRss = Math.max(total.mostRss, report.rss);
  total.slowest = Math.max(total.slowest, report.milliseconds);
  if (report.microsecondsPerByte !== undefined && total.costs.length < 100_000)
    total.costs.push(report.microsecondsPerByte);
}

/** Writes a finding down; the first of each kind is made small. */
async function keep(finding, findings) {
  const { target, number, name, framing, arrival, why } = finding;
  const isNew = !findings.some((other) => other.file && kindOf(other.why) === kindOf(why));
  finding.file = join(out, `${target}-${seed}-${number}.h264`);
  const bytes = await bytesOf(number);
  writeFileSync(finding.file, bytes);
  writeFileSync(`${finding.file}.txt`, `${why}\n\nfrom ${name}, framing ${framing}, arrival ${arrival}\n`);
  console.log(`FOUND ${target} ${number} (${name}): ${why.split("\n")[0]}`);
  console.log(
    `      again: npm run fuzz -- --target ${target} --seed ${seed} --only ${number}${folder ? ` --streams ${folder}` : ""}`,
  );
  if (!isNew) return;
  const small = await minimise(bytes, finding.file.replace(".h264", ".small.h264"), finding);
  console.log(
    `      ${bytes.length} bytes, made smaller: ${small.length} bytes in ${relative(root, finding.file)}`,
  );
}

async function bytesOf(number) {
  const load = (name) => import(pathToFileURL(compiled(name)));
  const { corpus, encodedStreams, streamsOf } = await load("base-streams.js");
  const { makeInput } = await load("input.js");
  return makeInput([...encodedStreams(), ...corpus(), ...(folder ? streamsOf(folder) : [])], seed, number)
    .bytes;
}

async function only(number) {
  let failed = false;
  for (const target of targets) {
    const { broken } = await runChild(
      { kind: "inputs", target, seed, folder, from: number, count: 1 },
      (report) => {
        console.log(target, report);
        failed ||= report.kind === "broken";
      },
    );
    if (broken) console.log(target, broken);
    failed ||= broken !== undefined;
  }
  return failed ? 1 : 0;
}

async function again(file) {
  let failed = false;
  for (const target of targets) {
    for (const framing of ["none", "message", "datagram"]) {
      for (let arrival = 1; arrival <= 5; arrival++) {
        const why = await tryFile(file, { target, framing, arrival });
        if (why) console.log(`${target}, ${framing}, arrival ${arrival}: ${why}`);
        failed ||= why !== undefined;
      }
    }
  }
  if (!failed) console.log("nothing is broken by it");
  return failed ? 1 : 0;
}

function print(totals) {
  const mebibytes = (bytes) => Math.round(bytes / 2 ** 20);
  console.log(
    "\ntarget   minutes   inputs  MiB in   frames  slowest ms  most RSS MiB  live after gc MiB  findings",
  );
  for (const [target, total] of Object.entries(totals)) {
    const cells = [
      [(total.milliseconds / 60_000).toFixed(1), 8],
      [total.inputs, 9],
      [mebibytes(total.bytes), 8],
      [total.frames, 9],
      [Math.round(total.slowest), 12],
      [mebibytes(total.mostRss), 14],
      [mebibytes(total.mostLive), 19],
      [total.findings.length, 10],
    ];
    console.log(target.padEnd(8) + cells.map(([value, width]) => String(value).padStart(width)).join(""));
  }
  const costs = totals.coded?.costs.sort((a, b) => a - b) ?? [];
  if (costs.length > 0) {
    const at = (part) => costs[Math.min(costs.length - 1, Math.floor(costs.length * part))].toFixed(3);
    console.log(`\ncoded side, µs a byte of input: p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}`);
  }
}

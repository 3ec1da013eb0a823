// Benchmarks beside other receivers: npm run bench -- [NAME…] [--quick] [--rounds N] [--minutes N]
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machine, watchOtherWork } from "./figures/machine.mjs";
import { nalive, outputDirectory, root } from "./figures/places.mjs";

const names = [
  "delay-p",
  "delay-b",
  "ws-shreds",
  "stalls",
  "load",
  "load-budget",
  "isolation",
  "browser-delay",
  "browser-join",
  "parser",
  "file",
  "serve-fanout",
  "serve-soak",
  "memory",
];

/** Run only when asked for. */
const takesLong = ["serve-soak", "memory"];

const usage = `usage: npm run bench -- [NAME…] [--quick] [--rounds N] [--minutes N]

NAME is one of ${names.join(", ")}; without one all run but serve-soak and memory.
--quick      fewer pictures, for a look
--rounds N   each contestant runs N times, alternated (default 3)
--minutes N  length of memory (default 20) and serve-soak (default 30)`;

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string", default: "3" },
      minutes: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.filter((name) => !names.includes(name));
  if (values.help || unknown.length > 0) {
    for (const name of unknown) console.error(`there is no benchmark named ${name}`);
    console.log(usage);
    process.exitCode = unknown.length > 0 ? 2 : 0;
    return;
  }
  const settings = {
    quick: values.quick,
    pictures: values.quick ? 90 : 300,
    rounds: Number(values.rounds),
    ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
  };
  if (!Number.isInteger(settings.rounds) || settings.rounds < 1 || !((settings.minutes ?? 1) > 0)) {
    console.error("--rounds takes a whole number above 0, --minutes a number above 0");
    process.exitCode = 2;
    return;
  }
  if (process.platform !== "linux") {
    console.log("skipped: the benchmarks need Linux (named pipes and /proc)");
    return;
  }
  if (!existsSync(nalive)) execFileSync("npx", ["tsc", "-b"], { cwd: root, stdio: "inherit" });
  // Clips are cut with the built bitstream layer, so nothing of the harness may be loaded before.
  const { whyNoClips } = await import("./clips/clips.mjs");
  const problem = whyNoClips();
  if (problem) {
    console.log(`skipped: ${problem}`);
    return;
  }
  const chosen = positionals.length > 0 ? positionals : names.filter((name) => !takesLong.includes(name));
  for (const name of chosen) {
    try {
      await runBenchmark(name, settings);
    } catch (error) {
      console.error(error);
      process.exitCode = 1;
    }
  }
}

async function runBenchmark(name, settings) {
  const { title, run } = await import(`./${name}.mjs`);
  const { formatTable } = await import("./figures/table.mjs");
  console.log(`\n${name}: ${title}`);
  const started = new Date();
  const otherWork = watchOtherWork();
  const { tables, notes, figures } = await run(settings);
  const disturbance = otherWork.end();
  for (const { caption, header, rows } of tables) {
    console.log(`\n${caption ? `${caption}\n` : ""}${formatTable(header, rows)}`);
  }
  for (const note of [...notes, disturbance.text]) console.log(note);
  mkdirSync(outputDirectory, { recursive: true });
  const path = join(outputDirectory, `${name}.json`);
  const record = {
    name,
    title,
    started: started.toISOString(),
    machine: machine(),
    disturbance,
    settings,
    figures,
    notes,
  };
  writeFileSync(path, `${JSON.stringify(record, undefined, 2)}\n`);
}

await main();

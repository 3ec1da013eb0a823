// Benchmarks beside other receivers: npm run bench -- [NAME…] [--quick] [--rounds N] [--minutes N]
import { parseArgs } from "node:util";
import { build, installPackages } from "../setup/setup.mjs";

/** @import { Benchmark, Settings } from "./figures/report.mjs" */

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

/** Run only when named. */
const takesLong = ["serve-soak", "memory"];

const usage = `usage: npm run bench -- [NAME…] [--quick] [--rounds N] [--minutes N]

NAME         ${names.join(", ")};
             without one, all run except ${takesLong.join(" and ")}
--quick      fewer pictures, for a first look
--rounds N   each contestant runs N times, in turns (default 3)
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
  if (values.help) {
    console.log(usage);
    return;
  }
  const unknown = positionals.filter((name) => !names.includes(name));
  /** @type {Settings} */
  const settings = {
    quick: values.quick,
    pictures: values.quick ? 90 : 300,
    rounds: Number(values.rounds),
    ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
  };
  const isLengthValid =
    Number.isInteger(settings.rounds) && settings.rounds > 0 && (settings.minutes ?? 1) > 0;
  if (unknown.length > 0 || !isLengthValid) {
    for (const name of unknown) console.error(`There is no benchmark named ${name}`);
    if (!isLengthValid) console.error("--rounds takes a whole number above 0, --minutes a number above 0");
    console.log(usage);
    process.exitCode = 2;
    return;
  }
  if (process.platform !== "linux") {
    console.log("skipped: the benchmarks need Linux (named pipes and /proc)");
    return;
  }
  installPackages();
  build();
  // What follows imports the built package.
  const { whyNoClips } = await import("./clips/clips.mjs");
  const { runAndReport } = await import("./figures/report.mjs");
  const problem = whyNoClips();
  if (problem) {
    console.log(`skipped: ${problem}`);
    return;
  }
  const chosen = positionals.length > 0 ? positionals : names.filter((name) => !takesLong.includes(name));
  for (const name of chosen) {
    try {
      /** @type {Benchmark} */
      const benchmark = await import(`./${name}.mjs`);
      await runAndReport(name, benchmark, settings);
    } catch (error) {
      console.error(error);
      process.exitCode = 1;
    }
  }
}

await main();

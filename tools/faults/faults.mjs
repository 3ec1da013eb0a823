// Injects faults between a real sender and a real receiver, and compares what is shown: npm run
// faults
import { parseArgs } from "node:util";
import { build, installPackages } from "../setup/setup.mjs";

/** @import { Run } from "./suite.mjs" */

const usage = `usage: npm run faults -- [--kind NAME]… [--seed N | --seeds N] [--at-once N] [--player] [--verbose]

--kind NAME   only this kind of fault; may be given several times (default: all)
--seeds N     seeds 1 to N of each kind (default 12)
--seed N      only this seed; a failed run prints the command that repeats it
--at-once N   runs at the same time (default 3)
--player      tests <nalive-player> in Chromium behind nalive serve, with the kinds it can notice
--verbose     a line per run`;

/** One run of a minute, beside the kinds: its stream is written while it is sent. */
const hourLong = "hour-long-gop";

async function main() {
  const { values } = parseArgs({
    options: {
      kind: { type: "string", multiple: true },
      seed: { type: "string" },
      seeds: { type: "string", default: "12" },
      "at-once": { type: "string", default: "3" },
      player: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  installPackages();
  build();
  // What follows imports the built package.
  const { kinds } = await import("./kinds.mjs");
  const names = [...kinds.map(({ name }) => name), hourLong];
  const unknown = (values.kind ?? []).filter((name) => !names.includes(name));
  const atOnce = Number(values["at-once"]);
  const seeds = values.seed
    ? [Number(values.seed)]
    : Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  const isNumbers = [atOnce, ...seeds].every((number) => Number.isInteger(number) && number > 0);
  if (values.help || unknown.length > 0 || !isNumbers) {
    for (const name of unknown) console.error(`There is no kind of fault named ${name}`);
    if (!isNumbers) console.error("--seed, --seeds and --at-once take a whole number above 0");
    console.log(`${usage}\n\nKinds: ${names.join(", ")}`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const { runSuite } = await import("./suite.mjs");
  const { tableOf } = await import("./table.mjs");
  const { mostResidentMiB } = await import("./run/memory.mjs");
  const { hourLongGop } = await import("./hour-long-gop.mjs");
  const player = values.player ? await import("./player/player.mjs") : undefined;
  const receiver = await player?.PlayerReceiver.open();
  const chosen = values.kind ?? player?.playerKinds;
  const results = await runSuite({
    ...(chosen && { names: chosen }),
    seeds,
    atOnce,
    onRun: (run) => print(run, values),
    ...(receiver && { receiver }),
  });
  await receiver?.close();
  console.log(`\n${tableOf(results)}`);
  const runs = results.flatMap((result) => result.runs);
  const unnoticed = results.filter(({ kind }) => kind.unnoticeable);
  for (const { kind, runs } of unnoticed) {
    const torn = runs.filter((run) => run.torn > 0).length;
    console.log(`* ${kind.name}: ${torn} of ${runs.length} faults could not be noticed in the bitstream`);
  }
  const disturbed = runs.filter(({ systemLost }) => systemLost > 0).length;
  if (disturbed > 0)
    console.log(
      `The system itself lost bytes in ${disturbed} runs, in which only torn pictures and order were judged`,
    );
  const repeated = runs.filter(({ attempt }) => attempt > 1).length;
  if (repeated > 0)
    console.log(`${repeated} runs were repeated because this machine was busy with other work`);
  const rss = process.resourceUsage().maxRSS / 1024;
  console.log(
    `Memory of this process: at most ${rss.toFixed(0)} MiB; ${mostResidentMiB(atOnce)} allowed after each run`,
  );
  let failed = runs.filter(({ failures }) => failures.length > 0).length;
  let passed = runs.length - failed;
  if (!values.kind || values.kind.includes(hourLong)) {
    const { text, failures } = await hourLongGop();
    console.log(text);
    for (const failure of failures) console.log(`FAIL ${hourLong}: ${failure}`);
    if (failures.length > 0) failed++;
    else passed++;
  }
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/**
 * @param {Run} run
 * @param {{ verbose: boolean, player: boolean }} options
 */
function print({ kind, seed, stream, sent, shown, torn, failures, issues }, { verbose, player }) {
  const again = `npm run faults -- ${player ? "--player " : ""}--kind ${kind} --seed ${seed}`;
  for (const failure of failures) console.log(`FAIL ${kind} (${stream}): ${failure}\n     again: ${again}`);
  if (verbose)
    console.log(`${kind} ${seed} ${stream}: sent ${sent}, shown ${shown}, torn ${torn}; ${issues}`);
}

await main();

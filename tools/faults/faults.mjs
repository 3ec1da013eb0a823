// Injects faults between a real sender and the receiver and compares what is shown: npm run faults
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "../setup/setup.mjs";

const usage = `usage: npm run faults -- [--kind NAME]… [--seed N | --seeds N] [--at-once N] [--player] [--verbose]

--kind NAME   only this kind of fault (default: all); may be given several times
--seeds N     seeds 1 to N of each kind (default 12)
--seed N      this seed only: what a failed run prints to be repeated
--at-once N   runs at the same time (default 3)
--player      against <nalive-player> in Chromium, behind nalive serve: the kinds that can be noticed there
--verbose     a line for each run`;

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
  if (!existsSync(new URL("../../dist/node/index.js", import.meta.url))) build();
  const { kinds } = await import("./kinds.mjs");
  const names = [...kinds.map(({ name }) => name), hourLong];
  const unknown = (values.kind ?? []).filter((name) => !names.includes(name));
  if (values.help || unknown.length > 0) {
    for (const name of unknown) console.error(`there is no kind of fault named ${name}`);
    console.log(`${usage}\n\nKinds: ${names.join(", ")}`);
    process.exitCode = unknown.length > 0 ? 2 : 0;
    return;
  }
  const { runSuite } = await import("./suite.mjs");
  const { tableOf } = await import("./table.mjs");
  const { mostResidentMiB } = await import("./run/memory.mjs");
  const { hourLongGop } = await import("./hour-long-gop.mjs");
  const seeds = values.seed
    ? [Number(values.seed)]
    : Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  const { PlayerReceiver, playerKinds } = values.player ? await import("./player/player.mjs") : {};
  const receiver = await PlayerReceiver?.open();
  const results = await runSuite({
    names: values.kind ?? playerKinds,
    seeds,
    atOnce: Number(values["at-once"]),
    onRun: (run) => say(run, values),
    ...(receiver && { receiver }),
  });
  await receiver?.close();
  console.log(`\n${tableOf(results)}`);
  const runs = results.flatMap((result) => result.runs);
  const unnoticed = results.filter(({ kind }) => kind.unnoticeable);
  for (const { kind, runs } of unnoticed) {
    const torn = runs.filter((run) => run.torn > 0).length;
    console.log(`* ${kind.name}: of ${runs.length} faults ${torn} could not be noticed in the bitstream`);
  }
  const disturbed = runs.filter(({ systemLost }) => systemLost > 0).length;
  if (disturbed > 0)
    console.log(
      `in ${disturbed} runs the system lost bytes by itself: there only torn pictures and order were judged`,
    );
  const repeated = runs.filter(({ attempt }) => attempt > 1).length;
  if (repeated > 0)
    console.log(`${repeated} runs were repeated because this machine was busy with other work`);
  const rss = process.resourceUsage().maxRSS / 1024;
  console.log(
    `memory of this process at most ${rss.toFixed(0)} MiB, allowed after each run ${mostResidentMiB(Number(values["at-once"]))}`,
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

function say({ kind, seed, stream, sent, shown, torn, failures, issues }, { verbose, player }) {
  for (const failure of failures)
    console.log(
      `FAIL ${kind} (${stream}): ${failure}\n     again: npm run faults -- ${player ? "--player " : ""}--kind ${kind} --seed ${seed}`,
    );
  if (verbose)
    console.log(`${kind} ${seed} ${stream}: sent ${sent}, shown ${shown}, torn ${torn}; ${issues}`);
}

await main();

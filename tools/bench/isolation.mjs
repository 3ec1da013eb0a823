import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { formatCounts, formatSpread } from "./figures/cells.mjs";
import { processUsage } from "./figures/process-usage.mjs";
import { alternate, byName } from "./figures/rounds.mjs";
import { delayTable, withoutDelays } from "./runs/delay-report.mjs";
import { judge } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { naliveReceiver } from "./runs/receivers.mjs";

export const title = "Decoding in a thread, and in its own process";

const contestants = ["thread", "process"].map((isolation) =>
  naliveReceiver(isolation, undefined, ["--isolation", isolation]),
);

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ pictures, rounds }) {
  const clip = await makeClip({ ...cameraSpec, pictures });
  const outcomes = await alternate(rounds, contestants, async (receiver) => {
    const live = await runLive({ receiver, clip, steps: evenSteps(clip), measure: processUsage });
    const [atStart, atEnd] = live.measured;
    if (!atStart || !atEnd) throw new Error("The receiver's process was not measured");
    const seconds = (live.closedAt - live.firstByteAt) / 1000;
    return {
      ...judge(clip, live),
      processes: atEnd.processes,
      mebibytes: atEnd.mebibytes,
      cpuShare: (100 * (atEnd.cpuSeconds - atStart.cpuSeconds)) / seconds,
    };
  });
  const usage = outcomes.map(({ name, rounds }) => [
    name,
    formatCounts(rounds.map(({ processes }) => processes)),
    formatSpread(rounds.map(({ cpuShare }) => cpuShare)),
    formatSpread(rounds.map(({ mebibytes }) => mebibytes)),
  ]);
  return {
    tables: [
      delayTable(undefined, outcomes, outcomes[0]),
      { header: ["", "processes", "% of a processor", "MiB (shared memory counts once)"], rows: usage },
    ],
    notes: ["Memory and processor time: of the receiver and its children while the clip is sent."],
    figures: byName(outcomes, withoutDelays),
  };
}

import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { delayTable, withoutDelays } from "./figures/delay-report.mjs";
import { processUsage } from "./figures/process-usage.mjs";
import { alternate } from "./figures/rounds.mjs";
import { formatSpread } from "./figures/table.mjs";
import { judge } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { naliveReceiver } from "./runs/receivers.mjs";

export const title = "Decoding in a thread, and in a process of its own";

const contestants = ["thread", "process"].map((isolation) =>
  naliveReceiver(isolation, undefined, ["--isolation", isolation]),
);

export async function run({ pictures, rounds }) {
  const clip = await makeClip({ ...cameraSpec, pictures });
  const results = await alternate(rounds, contestants, async (receiver) => {
    const live = await runLive({ receiver, clip, steps: evenSteps(clip), measure: processUsage });
    const { processes, cpuSeconds, mebibytes } = live.measured.atEnd;
    const seconds = (live.closedAt - live.firstByteAt) / 1000;
    return {
      ...judge(clip, live),
      processes,
      mebibytes,
      cpuShare: (100 * (cpuSeconds - live.measured.atStart.cpuSeconds)) / seconds,
    };
  });
  const byName = contestants.map((receiver) => [receiver.name, results.get(receiver)]);
  return {
    tables: [
      delayTable(undefined, byName, results.get(contestants[0])),
      {
        header: ["", "processes", "% of a processor", "MiB (shared counted once)"],
        rows: byName.map(([name, of]) => [
          name,
          of[0].processes,
          formatSpread(of.map(({ cpuShare }) => cpuShare)),
          formatSpread(of.map(({ mebibytes }) => mebibytes)),
        ]),
      },
    ],
    notes: ["Memory and processors: of the receiver and its children, while the clip comes."],
    figures: Object.fromEntries(byName.map(([name, of]) => [name, of.map(withoutDelays)])),
  };
}

import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { alternate, byName, installed } from "./figures/rounds.mjs";
import { delayTable, withoutDelays } from "./runs/delay-report.mjs";
import { judge } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { bareLoop, naliveReceiver, peerReceivers } from "./runs/receivers.mjs";

export const title = "Delay over TCP, without B pictures";

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ pictures, rounds }) {
  const clip = await makeClip({ ...cameraSpec, pictures });
  const { present, notes } = installed([naliveReceiver(), bareLoop(clip), ...peerReceivers()]);
  const outcomes = await alternate(rounds, present, async (receiver) =>
    judge(clip, await runLive({ receiver, clip, steps: evenSteps(clip) })),
  );
  return {
    tables: [delayTable(undefined, outcomes, outcomes[0])],
    notes: [...notes, "Target: p50 <= 6, p99 <= 20, first picture <= 100 ms, none lost."],
    figures: byName(outcomes, withoutDelays),
  };
}

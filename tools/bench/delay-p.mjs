import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { delayTable, withoutDelays } from "./figures/delay-report.mjs";
import { alternate, installed } from "./figures/rounds.mjs";
import { judge } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { bareLoop, naliveReceiver, peerReceivers } from "./runs/receivers.mjs";

export const title = "Delay, P pictures only, over TCP";

export async function run({ pictures, rounds }) {
  const clip = await makeClip({ ...cameraSpec, pictures });
  const { present, notes } = installed([naliveReceiver(), bareLoop(clip), ...peerReceivers()]);
  const results = await alternate(rounds, present, async (receiver) =>
    judge(clip, await runLive({ receiver, clip, steps: evenSteps(clip) })),
  );
  const byName = present.map((receiver) => [receiver.name, results.get(receiver)]);
  return {
    tables: [delayTable(undefined, byName, results.get(present[0]))],
    notes: [...notes, "Target: p50 <= 6, p99 <= 20, first picture <= 100 ms, none lost."],
    figures: Object.fromEntries(byName.map(([name, of]) => [name, of.map(withoutDelays)])),
  };
}

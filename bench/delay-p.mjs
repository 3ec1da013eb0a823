import { cameraSpec, makeClip } from "./harness/clips.mjs";
import { delayTable, withoutDelays } from "./harness/delay-report.mjs";
import { judge } from "./harness/judge.mjs";
import { evenSteps, runLive } from "./harness/live-run.mjs";
import { bareLoop, naliveReceiver, peerReceivers } from "./harness/receivers.mjs";
import { alternate, installed } from "./harness/rounds.mjs";

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

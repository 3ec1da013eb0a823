import { cameraSpec, loadClip, makeClip } from "./clips/clips.mjs";
import { withoutVui } from "./clips/without-vui.mjs";
import { delayTable, withoutDelays } from "./figures/delay-report.mjs";
import { alternate, installed } from "./figures/rounds.mjs";
import { delaySummary, mean, median } from "./figures/statistics.mjs";
import { formatSpread } from "./figures/table.mjs";
import { judge, unitsByNumber } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { bareLoop, naliveReceiver, peerReceivers } from "./runs/receivers.mjs";
import { meanReorderWait, showableAfter } from "./runs/reorder-wait.mjs";

export const title = "Delay with 2 B pictures (x264's pyramid), in decoding order, over TCP";

export async function run({ pictures, rounds }) {
  const clip = await makeClip({ ...cameraSpec, pictures, bFrames: 2 });
  const bare = loadClip(clip.spec, "the clip without VUI", Buffer.concat(clip.accessUnits.map(withoutVui)));
  const variants = { "VUI as x264 writes it": clip, "no VUI, so that nothing says the reorder depth": bare };
  const { present: receivers, notes } = installed([naliveReceiver(), ...peerReceivers()]);
  const tables = [];
  const figures = {};
  for (const [variant, sent] of Object.entries(variants)) {
    const [own, ...peers] = receivers;
    const present = [own, bareLoop(sent), ...peers];
    const results = await alternate(rounds, present, async (receiver) => {
      const run = await runLive({ receiver, clip: sent, steps: evenSteps(sent) });
      return { ...judge(sent, run), ...waits(sent, run) };
    });
    const byName = present.map((receiver) => [receiver.name, results.get(receiver)]);
    const byOrder = meanReorderWait(sent);
    tables.push(
      delayTable(`From a picture's own last byte; ${variant}`, byName, results.get(present[0])),
      waitTable(`Waiting for order; ${variant}`, byName, byOrder),
    );
    figures[variant] = {
      meanReorderWait: byOrder,
      ...Object.fromEntries(byName.map(([name, of]) => [name, of.map(withoutDelays)])),
    };
  }
  return {
    tables,
    notes: [
      ...notes,
      "mean wait: mean delay less the floor (median delay of pictures that need not wait), in pictures; by POC: what order allows.",
      "beyond POC, ms: from the last byte of the access unit after which output order allows the picture.",
      "Target: p50 <= 6 ms, mean wait as by POC, none lost, order right.",
    ],
    figures,
  };
}

function waitTable(caption, contestants, byOrder) {
  const rows = contestants.map(([name, rounds]) => [
    name,
    formatSpread(
      rounds.map(({ meanWait }) => meanWait),
      2,
    ),
    byOrder.toFixed(2),
    ...["p50", "p95", "max"].map((key) => formatSpread(rounds.map(({ beyond }) => beyond[key]))),
  ]);
  return { caption, header: ["", "mean wait", "by POC", "beyond POC p50", "p95", "max"], rows };
}

/** How long pictures waited for order, compared with what order asks for. */
function waits(clip, run) {
  const after = showableAfter(clip);
  const units = unitsByNumber(clip);
  const shown = run.shown.filter(({ number, at }) => number !== undefined && at < run.closedAt);
  const delays = shown.map(({ number, at }) => at - run.sentAt[units[number]]);
  const floor = median(
    delays.filter((_, index) => after[shown[index].number] === units[shown[index].number]),
  );
  return {
    floor,
    meanWait: (mean(delays) - floor) / (1000 / clip.spec.fps),
    beyond: delaySummary(shown.map(({ number, at }) => at - run.sentAt[after[number]])),
  };
}

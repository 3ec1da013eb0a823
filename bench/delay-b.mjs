import { cameraSpec, loadClip, makeClip } from "./harness/clips.mjs";
import { delayHeader, delayRow, withoutDelays } from "./harness/delay-report.mjs";
import { judge, unitsByNumber } from "./harness/judge.mjs";
import { evenSteps, runLive } from "./harness/live-run.mjs";
import { naliveReceiver, peerReceivers } from "./harness/receivers.mjs";
import { meanReorderWait, showableAfter } from "./harness/reorder-wait.mjs";
import { alternate, installed } from "./harness/rounds.mjs";
import { delaySummary, mean, median } from "./harness/statistics.mjs";
import { formatSpread } from "./harness/table.mjs";
import { withoutVui } from "./harness/without-vui.mjs";

export const title = "Delay with 2 B pictures (x264's pyramid), in decoding order, over TCP";

export async function run({ pictures, rounds }) {
  const clip = await makeClip({ ...cameraSpec, pictures, bFrames: 2, preset: "medium" });
  const bare = loadClip(clip.spec, "the clip without VUI", Buffer.concat(clip.accessUnits.map(withoutVui)));
  const { present, notes } = installed([naliveReceiver(), ...peerReceivers()]);
  const tables = [];
  const figures = {};
  for (const [caption, sent] of [
    ["VUI as x264 writes it", clip],
    ["No VUI: the reorder depth is not said", bare],
  ]) {
    const results = await alternate(rounds, present, async (receiver) => {
      const run = await runLive({ receiver, clip: sent, steps: evenSteps(sent) });
      return { ...judge(sent, run), ...waits(sent, run) };
    });
    const rowsOf = (row) => present.map((receiver) => row(receiver.name, results.get(receiver)));
    tables.push(
      {
        caption: `${caption}: from a picture's own last byte`,
        header: delayHeader,
        rows: rowsOf((name, of) => delayRow(name, of, results.get(present[0]))),
      },
      {
        caption: `${caption}: waiting for order`,
        header: waitHeader,
        rows: rowsOf((name, of) => waitRow(name, of, sent)),
      },
    );
    figures[caption] = {
      meanReorderWait: meanReorderWait(sent),
      ...Object.fromEntries(
        present.map((receiver) => [receiver.name, results.get(receiver).map(withoutDelays)]),
      ),
    };
  }
  return {
    tables,
    notes: [
      ...notes,
      "mean wait: mean delay less the floor (median delay of pictures that need not wait), in pictures; by POC: what order allows.",
      "beyond POC: from the last byte of the access unit after which output order allows the picture.",
      "Target: p50 <= 6 ms, mean wait as by POC, none lost, order right.",
    ],
    figures,
  };
}

const waitHeader = ["pictures, ms", "mean wait", "by POC", "beyond POC p50", "p95", "max"];

function waitRow(name, rounds, clip) {
  const of = (key) => rounds.map((round) => round[key]);
  const beyond = (key) => formatSpread(rounds.map((round) => round.beyond[key]));
  return [
    name,
    formatSpread(of("meanWait"), 2),
    meanReorderWait(clip).toFixed(2),
    beyond("p50"),
    beyond("p95"),
    beyond("max"),
  ];
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

import { median } from "../shared/statistics.mjs";
import { cameraSpec, clipOf, makeClip } from "./clips/clips.mjs";
import { withoutVui } from "./clips/without-vui.mjs";
import { formatSpread } from "./figures/cells.mjs";
import { alternate, byName, installed } from "./figures/rounds.mjs";
import { delaySummary, mean } from "./figures/statistics.mjs";
import { delayTable, withoutDelays } from "./runs/delay-report.mjs";
import { delaysOf, judge } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { bareLoop, naliveReceiver, peerReceivers } from "./runs/receivers.mjs";
import { meanReorderWait, showableAfter } from "./runs/reorder-wait.mjs";

/**
 * @import { Clip } from "./clips/clips.mjs"
 * @import { Table } from "./figures/report.mjs"
 * @import { Outcome } from "./figures/rounds.mjs"
 * @import { DelaySummary } from "./figures/statistics.mjs"
 * @import { LiveRun } from "./runs/judge.mjs"
 *
 * @typedef {object} Waits how long pictures waited for order
 * @property {number} floor median delay of the pictures that need not wait, ms
 * @property {number} meanWait mean delay beyond that, in pictures
 * @property {DelaySummary} beyond delay from the access unit after which order allows a picture, ms
 */

export const title = "Delay over TCP with 2 B pictures (x264's pyramid), sent in decoding order";

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ pictures, rounds }) {
  const clip = await makeClip({ ...cameraSpec, pictures, bFrames: 2 });
  const bare = clipOf(clip.spec, "the clip without VUI", Buffer.concat(clip.accessUnits.map(withoutVui)));
  const variants = { "VUI as x264 writes it": clip, "no VUI, so nothing says the reorder depth": bare };
  const { present: peers, notes } = installed(peerReceivers());
  const tables = [];
  /** @type {Record<string, object>} */
  const figures = {};
  for (const [variant, sent] of Object.entries(variants)) {
    const contestants = [naliveReceiver(), bareLoop(sent), ...peers];
    const outcomes = await alternate(rounds, contestants, async (receiver) => {
      const run = await runLive({ receiver, clip: sent, steps: evenSteps(sent) });
      return { ...judge(sent, run), ...waitsOf(sent, run) };
    });
    const byOrder = meanReorderWait(sent);
    tables.push(
      delayTable(`From a picture's own last byte; ${variant}`, outcomes, outcomes[0]),
      waitTable(`Waiting for order; ${variant}`, outcomes, byOrder),
    );
    figures[variant] = { meanReorderWait: byOrder, ...byName(outcomes, withoutDelays) };
  }
  return {
    tables,
    notes: [
      ...notes,
      "mean wait: mean delay minus the median delay of pictures that need not wait, in pictures; by POC: what order asks for.",
      "beyond POC, ms: from the last byte of the access unit after which output order allows the picture.",
      "Target: p50 <= 6 ms, mean wait as by POC, none lost, order right.",
    ],
    figures,
  };
}

/**
 * @param {string} caption
 * @param {readonly Outcome<unknown, Waits>[]} outcomes
 * @param {number} byOrder
 * @returns {Table}
 */
function waitTable(caption, outcomes, byOrder) {
  const rows = outcomes.map(({ name, rounds }) => {
    const waits = rounds.map(({ meanWait }) => meanWait);
    const beyond = /** @type {const} */ (["p50", "p95", "max"]).map((key) =>
      formatSpread(rounds.map(({ beyond }) => beyond[key])),
    );
    return [name, formatSpread(waits, 2), byOrder.toFixed(2), ...beyond];
  });
  return { caption, header: ["", "mean wait", "by POC", "beyond POC p50", "p95", "max"], rows };
}

/**
 * @param {Clip} clip
 * @param {LiveRun} run
 * @returns {Waits}
 */
function waitsOf(clip, run) {
  const after = showableAfter(clip);
  const delays = delaysOf(clip, run);
  const unhindered = delays.filter(({ number }) => after[number] === clip.unitOf[number]);
  const floor = median(unhindered.map(({ delay }) => delay));
  return {
    floor,
    meanWait: (mean(delays.map(({ delay }) => delay)) - floor) / (1000 / clip.spec.fps),
    beyond: delaySummary(delaysOf(clip, run, after).map(({ delay }) => delay)),
  };
}

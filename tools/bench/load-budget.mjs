import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { referenceDigests } from "./clips/reference.mjs";
import { formatCounts, formatSpread } from "./figures/cells.mjs";
import { alternate, byName } from "./figures/rounds.mjs";
import { runLoad } from "./load/load-run.mjs";
import { makeHiccups, measureCosts } from "./load/slow-decoder.mjs";

/**
 * @import { Outcome } from "./figures/rounds.mjs"
 * @import { LoadVerdict, Rule } from "./load/load-run.mjs"
 */

export const title = "maxLagMs: what each choice costs under load, and in hiccups of 50 to 400 ms";

const budgets = [125, 250, 500, 1000];
/**
 * Speeds relative to what the stream needs. The decoder that hiccups is fast enough in between.
 *
 * @type {{ speed: number, hiccupSeed?: number }[]}
 */
const scenarios = [{ speed: 0.5 }, { speed: 0.2 }, { speed: 2, hiccupSeed: 1 }];

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ quick, rounds }) {
  const tables = [];
  /** @type {Record<string, object>} */
  const figures = {};
  for (const bFrames of [0, 2]) {
    const clip = await makeClip({ ...cameraSpec, pictures: quick ? 60 : 120, bFrames, gop: 30 });
    const reference = { whole: referenceDigests(clip), unfiltered: referenceDigests(clip, "noref") };
    const contestants = scenarios.flatMap(({ speed, hiccupSeed }) => {
      const costs = measureCosts(clip, speed);
      const load = hiccupSeed === undefined ? `${speed * 100} %` : "hiccups";
      return budgets.map((maxLagMs) => ({ name: `${load}, ${maxLagMs} ms`, maxLagMs, costs, hiccupSeed }));
    });
    const outcomes = await alternate(rounds, contestants, ({ maxLagMs, costs, hiccupSeed }) => {
      /** @type {Rule} */
      const rule = { name: "ladder", type: "ladder", maxLagMs };
      const hiccup = hiccupSeed === undefined ? {} : { hiccup: makeHiccups(hiccupSeed) };
      return runLoad({ clip, costs, reference, rule, ...hiccup });
    });
    const kind = bFrames === 0 ? "No B pictures" : "2 B pictures";
    const caption = `${kind}, GOP 1 s, ${clip.spec.pictures} pictures`;
    tables.push({ caption, header, rows: outcomes.map(rowOf) });
    figures[caption] = byName(outcomes, (verdict) => verdict);
  }
  return {
    tables,
    notes: ["age: of the picture in view, every millisecond, from when it was sent."],
    figures,
  };
}

const header = ["ms", "shown", "age p50", "age p95", "when shown p95", "unfiltered", "dropped", "torn"];

/** @param {Outcome<unknown, LoadVerdict>} outcome */
function rowOf({ name, rounds }) {
  /** @param {(verdict: LoadVerdict) => number} figure */
  const spread = (figure) => formatSpread(rounds.map(figure), 0);
  return [
    name,
    spread(({ shown }) => shown),
    spread(({ inView }) => inView.p50),
    spread(({ inView }) => inView.p95),
    spread(({ whenShown }) => whenShown.p95),
    spread(({ unfiltered }) => unfiltered),
    spread(({ dropped }) => dropped),
    formatCounts(rounds.map(({ torn }) => torn)),
  ];
}

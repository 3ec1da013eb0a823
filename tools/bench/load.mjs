import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { referenceDigests } from "./clips/reference.mjs";
import { formatCounts, formatSpread } from "./figures/cells.mjs";
import { alternate, byName } from "./figures/rounds.mjs";
import { leastAge } from "./load/least-age.mjs";
import { runLoad } from "./load/load-run.mjs";
import { measureCosts } from "./load/slow-decoder.mjs";

/**
 * @import { Clip } from "./clips/clips.mjs"
 * @import { Outcome } from "./figures/rounds.mjs"
 * @import { LoadVerdict, Rule } from "./load/load-run.mjs"
 */

export const title = "A decoder at half and at a fifth of what the stream needs, over TCP";

const maxLagMs = 500;
/** @type {Rule[]} */
const rules = [
  { name: "ladder", type: "ladder", maxLagMs },
  { name: "more than 8 wait: key frame", type: "plain", limit: 8 },
];

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ quick, rounds }) {
  const tables = [];
  /** @type {Record<string, object>} */
  const figures = {};
  for (const bFrames of [0, 2]) {
    const contestants = [];
    for (const gop of [30, 60]) {
      const clip = await makeClip({ ...cameraSpec, pictures: quick ? 120 : 180, bFrames, gop });
      const reference = { whole: referenceDigests(clip), unfiltered: referenceDigests(clip, "noref") };
      for (const speed of [0.5, 0.2]) {
        const costs = measureCosts(clip, speed);
        const least = leastAge(clip, costs);
        for (const rule of rules) {
          const name = `GOP ${gop / 30} s, ${speed * 100} %, ${rule.name}`;
          contestants.push({ name, clip, costs, rule, reference, least });
        }
      }
    }
    const outcomes = await alternate(rounds, contestants, runLoad);
    const caption = bFrames === 0 ? "No B pictures" : "2 B pictures, one of which is a reference";
    tables.push({ caption, header, rows: outcomes.map(rowOf) });
    figures[caption] = byName(outcomes, (verdict) => verdict);
  }
  return {
    tables,
    notes: [
      "age: of the picture in view, every millisecond, from when it was sent; when shown: age of each picture when it was shown.",
      "torn: not bit for bit what ffmpeg decodes from the whole clip, for unfiltered pictures with -skip_loop_filter noref.",
      "least: no rule has a lower age p95 with these costs unless it leaves out single reference pictures (load/least-age.mjs).",
      `Target: age p95 below ${maxLagMs} ms plus one GOP, none torn, more shown than by the plain rule at no more age.`,
    ],
    figures,
  };
}

const header = [
  "ms",
  "sent",
  "shown",
  "age p50",
  "age p95",
  "least",
  "bound",
  "when shown p50",
  "p95",
  "unfiltered",
  "dropped",
  "torn",
];

/** @param {Outcome<{ clip: Clip, least: number }, LoadVerdict>} outcome */
function rowOf({ name, contestant: { clip, least }, rounds }) {
  const { pictures, gop, fps } = clip.spec;
  /** @param {(verdict: LoadVerdict) => number} figure */
  const spread = (figure) => formatSpread(rounds.map(figure), 0);
  return [
    name,
    pictures,
    spread(({ shown }) => shown),
    spread(({ inView }) => inView.p50),
    spread(({ inView }) => inView.p95),
    Math.round(least),
    maxLagMs + (gop * 1000) / fps,
    spread(({ whenShown }) => whenShown.p50),
    spread(({ whenShown }) => whenShown.p95),
    spread(({ unfiltered }) => unfiltered),
    spread(({ dropped }) => dropped),
    formatCounts(rounds.map(({ torn }) => torn)),
  ];
}

import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { referenceDigests } from "./clips/reference.mjs";
import { alternate } from "./figures/rounds.mjs";
import { formatCounts, formatSpread } from "./figures/table.mjs";
import { leastAge } from "./load/least-age.mjs";
import { runLoad } from "./load/load-run.mjs";
import { measureCosts } from "./load/slow-decoder.mjs";

export const title = "A decoder at half and at a fifth of what the stream needs, over TCP";

const maxLagMs = 500;
const rules = [
  { name: "ladder", maxLagMs },
  { name: "more than 8 wait: key frame", limit: 8 },
];

export async function run({ quick, rounds }) {
  const tables = [];
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
    const results = await alternate(rounds, contestants, runLoad);
    const caption = bFrames === 0 ? "P pictures only" : "With 2 B pictures, one of which is a reference";
    tables.push({ caption, header, rows: contestants.map((each) => row(each, results.get(each))) });
    figures[caption] = Object.fromEntries(contestants.map((each) => [each.name, results.get(each)]));
  }
  return {
    tables,
    notes: [
      "age: of the picture in view, each millisecond, from when it was sent. when shown: age of each picture at the moment in which it was shown.",
      "torn: not bit for bit what ffmpeg decodes of the whole clip; of an unfiltered picture, what it decodes with -skip_loop_filter noref.",
      "least: age p95 that no rule can go below, with these costs, which leaves out no single reference picture (load/least-age.mjs).",
      `Target: age p95 below ${maxLagMs} ms + one GOP, none torn, more shown than by the plain rule at no more age.`,
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

function row({ name, clip, least }, results) {
  const { pictures, gop, fps } = clip.spec;
  const spread = (of) => formatSpread(results.map(of), 0);
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
    formatCounts(results.map(({ torn }) => torn)),
  ];
}

import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { referenceDigests } from "./clips/reference.mjs";
import { alternate } from "./figures/rounds.mjs";
import { formatCounts, formatSpread } from "./figures/table.mjs";
import { runLoad } from "./load/load-run.mjs";
import { makeHiccups, measureCosts } from "./load/slow-decoder.mjs";

export const title = "maxLagMs: what each choice costs under load, and in hiccups of 50 to 400 ms";

const budgets = [125, 250, 500, 1000];
/** Of what the stream needs. The decoder that hiccups is quick enough between. */
const scenarios = [{ speed: 0.5 }, { speed: 0.2 }, { speed: 2, seed: 1 }];

export async function run({ quick, rounds }) {
  const tables = [];
  const figures = {};
  for (const bFrames of [0, 2]) {
    const clip = await makeClip({ ...cameraSpec, pictures: quick ? 60 : 120, bFrames, gop: 30 });
    const reference = { whole: referenceDigests(clip), unfiltered: referenceDigests(clip, "noref") };
    const contestants = scenarios.flatMap(({ speed, seed }) => {
      const costs = measureCosts(clip, speed);
      const load = seed === undefined ? `${speed * 100} %` : "hiccups";
      return budgets.map((maxLagMs) => ({ name: `${load}, ${maxLagMs} ms`, maxLagMs, costs, seed }));
    });
    const results = await alternate(rounds, contestants, ({ maxLagMs, costs, seed }) =>
      runLoad({
        clip,
        costs,
        reference,
        rule: { name: "ladder", maxLagMs },
        ...(seed === undefined ? {} : { hiccup: makeHiccups(seed) }),
      }),
    );
    const caption = `${bFrames === 0 ? "P pictures only" : "With 2 B pictures"}, GOP 1 s, ${clip.spec.pictures} pictures`;
    tables.push({
      caption,
      header,
      rows: contestants.map(({ name }, i) => row(name, results.get(contestants[i]))),
    });
    figures[caption] = Object.fromEntries(contestants.map((each) => [each.name, results.get(each)]));
  }
  return {
    tables,
    notes: ["age: of the picture in view, each millisecond, from when it was sent."],
    figures,
  };
}

const header = ["ms", "shown", "age p50", "age p95", "when shown p95", "unfiltered", "dropped", "torn"];

function row(name, results) {
  const spread = (of) => formatSpread(results.map(of), 0);
  return [
    name,
    spread(({ shown }) => shown),
    spread(({ inView }) => inView.p50),
    spread(({ inView }) => inView.p95),
    spread(({ whenShown }) => whenShown.p95),
    spread(({ unfiltered }) => unfiltered),
    spread(({ dropped }) => dropped),
    formatCounts(results.map(({ torn }) => torn)),
  ];
}

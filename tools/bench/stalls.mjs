import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { digestOf, referenceDigests } from "./clips/reference.mjs";
import { alternate } from "./figures/rounds.mjs";
import { delaySummary, seededRandom } from "./figures/statistics.mjs";
import { formatCounts, formatSpread } from "./figures/table.mjs";
import { judge, unitsByNumber } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { naliveReceiver } from "./runs/receivers.mjs";

export const title = "Stalls of 5 to 50 ms inside 10 % of the pictures, over TCP";

const stalledShare = 0.1;
const shortestMs = 5;
const longestMs = 50;

export async function run({ pictures, rounds }) {
  const contestants = [];
  for (const bFrames of [0, 2]) {
    const name = bFrames === 0 ? "P only" : "2 B pictures";
    const clip = await makeClip({ ...cameraSpec, pictures, bFrames });
    const reference = referenceDigests(clip);
    contestants.push(
      { name: `${name}, bgr24`, clip, format: "bgr24" },
      { name: `${name}, yuv420p`, clip, format: "yuv420p", reference },
    );
  }
  const results = await alternate(rounds, contestants, async ({ clip, format, reference }, round) => {
    const { steps, stalled } = stalledSteps(clip, round + 1);
    const digest = reference && digestOf;
    const run = await runLive({ receiver: naliveReceiver(), clip, steps, format, withSummary: true, digest });
    return {
      ...compare(clip, run, reference),
      ...delays(clip, run, stalled),
      healed: run.summary?.healed,
      stalls: stalled.size,
    };
  });
  return {
    tables: [
      { header, rows: contestants.map((contestant) => row(contestant.name, results.get(contestant))) },
    ],
    notes: [
      "differ: pictures that are not the reference decode's (ffmpeg, yuv420p) bit for bit; for bgr24, whose conversion differs between FFmpeg versions, only the number in the picture is read.",
      "unstalled: delay of the pictures that were written at once. stalled: of the others, from their last byte.",
      "Target: none differs, none lost, none repeated.",
    ],
    figures: Object.fromEntries(contestants.map((contestant) => [contestant.name, results.get(contestant)])),
  };
}

const counts = {
  stalls: "stalls",
  healed: "healed",
  differ: "differ",
  lost: "lost",
  repeated: "repeated",
  swapped: "outOfOrder",
};
const header = ["ms", ...Object.keys(counts), "unstalled p50", "p95", "max", "stalled p50", "max"];

function row(name, rounds) {
  const delay = (of, key) => formatSpread(rounds.map((round) => round[of][key]));
  return [
    name,
    ...Object.values(counts).map((key) => formatCounts(rounds.map((round) => round[key]))),
    ...["p50", "p95", "max"].map((key) => delay("unstalled", key)),
    ...["p50", "max"].map((key) => delay("stalled", key)),
  ];
}

/**
 * An even sender whose network stalls inside some pictures. What was due meanwhile follows at once.
 */
function stalledSteps(clip, seed) {
  const random = seededRandom(seed);
  const stalled = new Set();
  const steps = evenSteps(clip).map((step, index) => {
    if (random() >= stalledShare) return step;
    stalled.add(index);
    const { bytes } = step.writes[0];
    const cut = 1 + Math.floor(random() * (bytes.length - 1));
    const waitMs = shortestMs + random() * (longestMs - shortestMs);
    return { ...step, writes: [{ bytes: bytes.subarray(0, cut) }, { bytes: bytes.subarray(cut), waitMs }] };
  });
  return { steps, stalled };
}

function compare(clip, run, reference) {
  const { lost, repeated, outOfOrder, unreadable } = judge(clip, run);
  const differ = reference
    ? run.shown.filter(({ number, digest }) => number === undefined || digest !== reference[number]).length
    : unreadable;
  return { lost, repeated, outOfOrder, differ };
}

function delays(clip, run, stalled) {
  const units = unitsByNumber(clip);
  const of = (isStalled) =>
    run.shown
      .filter(({ number, at }) => number !== undefined && at < run.closedAt)
      .filter(({ number }) => stalled.has(units[number]) === isStalled)
      .map(({ number, at }) => at - run.sentAt[units[number]]);
  return { unstalled: delaySummary(of(false)), stalled: delaySummary(of(true)) };
}

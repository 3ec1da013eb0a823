import { seededRandom } from "../shared/random.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { digestOf, referenceDigests } from "./clips/reference.mjs";
import { formatCounts, formatSpread } from "./figures/cells.mjs";
import { alternate, byName } from "./figures/rounds.mjs";
import { delaySummary } from "./figures/statistics.mjs";
import { delaysOf, judge } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { naliveReceiver } from "./runs/receivers.mjs";

/**
 * @import { Clip } from "./clips/clips.mjs"
 * @import { Outcome } from "./figures/rounds.mjs"
 * @import { DelaySummary } from "./figures/statistics.mjs"
 * @import { Step } from "./runs/live-run.mjs"
 * @import { PixelFormat } from "./runs/receivers.mjs"
 *
 * @typedef {object} StallVerdict
 * @property {number} stalls
 * @property {number} healed ends of pictures that were guessed wrongly and corrected
 * @property {number} differ
 * @property {number} lost
 * @property {number} repeated
 * @property {number} outOfOrder
 * @property {DelaySummary} unstalled delays of pictures that were written at once, ms
 * @property {DelaySummary} stalled delays of the others, ms
 */

export const title = "Stalls of 5 to 50 ms inside 10 % of the pictures, over TCP";

const stalledShare = 0.1;
const shortestMs = 5;
const longestMs = 50;

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ pictures, rounds }) {
  /** @type {{ name: string, clip: Clip, format: PixelFormat, reference?: readonly string[] }[]} */
  const contestants = [];
  for (const bFrames of [0, 2]) {
    const name = bFrames === 0 ? "no B pictures" : "2 B pictures";
    const clip = await makeClip({ ...cameraSpec, pictures, bFrames });
    const reference = referenceDigests(clip);
    contestants.push(
      { name: `${name}, bgr24`, clip, format: "bgr24" },
      { name: `${name}, yuv420p`, clip, format: "yuv420p", reference },
    );
  }
  const outcomes = await alternate(rounds, contestants, ({ clip, format, reference }, round) =>
    runStalled(clip, format, round + 1, reference),
  );
  return {
    tables: [{ header, rows: outcomes.map(rowOf) }],
    notes: [
      "differ: pictures that are not bit for bit the reference decode (ffmpeg, yuv420p). For bgr24, which FFmpeg versions convert differently, only the number in the picture is read.",
      "unstalled: delay of the pictures that were written at once; stalled: of the others, from their last byte.",
      "Target: none differs, none lost, none repeated.",
    ],
    figures: byName(outcomes, (verdict) => verdict),
  };
}

const header = [
  "ms",
  "stalls",
  "healed",
  "differ",
  "lost",
  "repeated",
  "swapped",
  "unstalled p50",
  "p95",
  "max",
  "stalled p50",
  "max",
];

/** @param {Outcome<unknown, StallVerdict>} outcome */
function rowOf({ name, rounds }) {
  /** @param {(verdict: StallVerdict) => number} figure */
  const count = (figure) => formatCounts(rounds.map(figure));
  /** @param {(verdict: StallVerdict) => number} figure */
  const delay = (figure) => formatSpread(rounds.map(figure));
  return [
    name,
    count(({ stalls }) => stalls),
    count(({ healed }) => healed),
    count(({ differ }) => differ),
    count(({ lost }) => lost),
    count(({ repeated }) => repeated),
    count(({ outOfOrder }) => outOfOrder),
    delay(({ unstalled }) => unstalled.p50),
    delay(({ unstalled }) => unstalled.p95),
    delay(({ unstalled }) => unstalled.max),
    delay(({ stalled }) => stalled.p50),
    delay(({ stalled }) => stalled.max),
  ];
}

/**
 * @param {Clip} clip
 * @param {PixelFormat} format
 * @param {number} seed
 * @param {readonly string[]} [reference] digests by picture number
 * @returns {Promise<StallVerdict>}
 */
async function runStalled(clip, format, seed, reference) {
  const { steps, stalled } = stalledSteps(clip, seed);
  const digest = reference && digestOf;
  const run = await runLive({
    receiver: naliveReceiver(),
    clip,
    steps,
    format,
    withStatistics: true,
    digest,
  });
  const { lost, repeated, outOfOrder, unreadable } = judge(clip, run);
  const differ = reference
    ? run.shown.filter(({ number, digest }) => number === undefined || digest !== reference[number]).length
    : unreadable;
  /** @param {boolean} isStalled */
  const delays = (isStalled) =>
    delaySummary(
      delaysOf(clip, run)
        .filter(({ number }) => stalled.has(number) === isStalled)
        .map(({ delay }) => delay),
    );
  return {
    stalls: stalled.size,
    healed: run.statistics?.healed ?? Number.NaN,
    differ,
    lost,
    repeated,
    outOfOrder,
    unstalled: delays(false),
    stalled: delays(true),
  };
}

/**
 * An even sender whose network stalls inside some pictures. What was due meanwhile follows at once.
 *
 * @param {Clip} clip
 * @param {number} seed
 * @returns {{ steps: Step[], stalled: Set<number> }} `stalled`: numbers of the pictures
 */
function stalledSteps(clip, seed) {
  const random = seededRandom(seed);
  const stalled = new Set();
  const steps = evenSteps(clip).map((step, unit) => {
    const [whole] = step.writes;
    if (!whole || random() >= stalledShare) return step;
    stalled.add(clip.numbers[unit]);
    const { bytes } = whole;
    const cut = 1 + Math.floor(random() * (bytes.length - 1));
    const waitMs = shortestMs + random() * (longestMs - shortestMs);
    return { ...step, writes: [{ bytes: bytes.subarray(0, cut) }, { bytes: bytes.subarray(cut), waitMs }] };
  });
  return { steps, stalled };
}

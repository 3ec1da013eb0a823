import { FfmpegDecoder } from "../../../dist/node/decode/ffmpeg/ffmpeg-decoder.js";
import { issuesIgnored, noClock, receiveAccessUnits } from "../clips/h264.mjs";
import { mean, seededRandom } from "../figures/statistics.mjs";
import { monotonicMs } from "../runs/paced-sender.mjs";

const trials = 3;
/** How far after one another the hiccups are, on average, and how long. */
const hiccupEveryMs = 1000;
const shortestHiccupMs = 50;
const longestHiccupMs = 400;

/**
 * nalive's decoder, slower: each access unit takes as long as was measured of it alone, times a factor. What the decoder itself
 * took is waited up to that, busily, as a slow decoder would keep the thread.
 */
export class SlowDecoder {
  queueSize = 0;
  #decoder;
  #costs;
  #given = [];
  #show;
  #hiccup;
  #tellClosed;
  /** Resolves when no picture comes any more. */
  closed = new Promise((resolve) => {
    this.#tellClosed = resolve;
  });

  /**
   * @param {Costs} costs
   * @param {(picture: object) => object} look is called while the decoded picture is valid
   * @param {(seen: object, at: number) => void} show takes what `look` made, when the picture would have been decoded
   * @param {() => number} hiccup ms that the decoder stands still before an access unit
   */
  constructor(costs, look, show, hiccup = () => 0) {
    this.#costs = costs;
    this.#show = show;
    this.#hiccup = hiccup;
    this.#decoder = new FfmpegDecoder(
      { push: (picture) => this.#given.push(look(picture)), close() {} },
      issuesIgnored,
    );
  }

  push(unit) {
    const from = monotonicMs();
    this.#decoder.push(unit);
    if (unit.leaveOut !== "picture") {
      const cost = (unit.leaveOut ? this.#costs.unfiltered : this.#costs.whole)[unit.sequence];
      while (monotonicMs() < from + cost + this.#hiccup());
    }
    this.#output();
  }
  confirmEnd() {
    this.#decoder.confirmEnd();
    this.#output();
  }
  reset() {
    this.#decoder.reset();
  }
  flush() {
    this.#decoder.flush();
    this.#output();
  }
  close() {
    this.#decoder.close();
    this.#output();
    this.#tellClosed();
  }

  #output() {
    for (const seen of this.#given.splice(0)) this.#show(seen, monotonicMs());
  }
}

/** Stands still for 50 to 400 ms, once a second on average; the same each time. */
export function makeHiccups(seed) {
  const random = seededRandom(seed);
  let next = monotonicMs() + random() * 2 * hiccupEveryMs;
  let until = 0;
  return () => {
    const now = monotonicMs();
    if (now >= next) {
      until = now + shortestHiccupMs + random() * (longestHiccupMs - shortestHiccupMs);
      next = until + random() * 2 * hiccupEveryMs;
    }
    return Math.max(0, until - now);
  };
}

/**
 * @typedef {object} Costs ms by access unit
 * @property {number[]} whole
 * @property {number[]} unfiltered without the loop filter, where no other picture refers to it
 * @property {boolean[]} isReference
 */

/**
 * Measures what each access unit costs, and scales it so that the decoder does `speed` times what the stream needs.
 * @returns {Costs}
 */
export function measureCosts(clip, speed) {
  const units = [];
  const { input } = receiveAccessUnits(
    { push: (unit) => units.push(unit), close() {} },
    noClock,
    issuesIgnored,
    { isLive: false },
  );
  input.push({ data: clip.data, receivedAt: 0, framing: "none" });
  input.close();
  const whole = decodeTimes(units);
  const unfiltered = decodeTimes(
    units.map((unit) => (unit.picture.reference ? unit : { ...unit, leaveOut: "loop-filter" })),
  );
  const factor = 1000 / clip.spec.fps / speed / mean(whole);
  const scale = (times) => times.map((time) => time * factor);
  const isReference = units.map(({ picture }) => picture.reference);
  return { whole: scale(whole), unfiltered: scale(unfiltered), isReference };
}

/** The shortest of some trials: what other work took is not the decoder's. */
function decodeTimes(units) {
  const times = units.map(() => Number.POSITIVE_INFINITY);
  for (let trial = 0; trial < trials; trial++) {
    const decoder = new FfmpegDecoder({ push() {}, close() {} }, issuesIgnored);
    units.forEach((unit, index) => {
      const from = monotonicMs();
      decoder.push(unit);
      times[index] = Math.min(times[index], monotonicMs() - from);
    });
    decoder.close();
  }
  // The first one has borne the opening of the decoder too.
  times[0] = times[units.findIndex(({ picture }, index) => index > 0 && picture.idr)];
  return times;
}

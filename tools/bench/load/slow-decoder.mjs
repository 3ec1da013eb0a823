import { IssueCounter } from "../../../dist/core/issues.js";
import { FfmpegDecoder } from "../../../dist/node/decode/ffmpeg/ffmpeg-decoder.js";
import { accessUnitsOf } from "../../shared/access-units.mjs";
import { itemAt } from "../../shared/item-at.mjs";
import { seededRandom } from "../../shared/random.mjs";
import { mean } from "../figures/statistics.mjs";
import { monotonicMs } from "../runs/paced-sender.mjs";

/**
 * @import { AccessUnit } from "../../../dist/h264/access-unit.js"
 * @import { FfmpegPicture } from "../../../dist/node/decode/ffmpeg/ffmpeg-decoder.js"
 * @import { Clip } from "../clips/clips.mjs"
 *
 * @typedef {object} Costs ms, by access unit
 * @property {readonly number[]} whole
 * @property {readonly number[]} unfiltered without the loop filter, where no other picture refers
 *   to it
 * @property {readonly boolean[]} isReference
 *
 * @typedef {object} DecodedNumber what is kept of a decoded picture
 * @property {number | undefined} number
 * @property {string} digest
 * @property {boolean} unfiltered
 */

const trials = 3;
/** Mean time from one hiccup to the next. */
const hiccupEveryMs = 1000;
const shortestHiccupMs = 50;
const longestHiccupMs = 400;

/**
 * nalive's decoder, slowed down: each access unit takes as long as was measured for it alone, times
 * a factor. It waits busily for the rest of that time, because a slow decoder keeps the thread.
 */
export class SlowDecoder {
  queueSize = 0;
  /** @type {Promise<void>} Resolves when no picture comes any more. */
  closed;
  #decoder;
  #costs;
  #hiccup;
  #show;
  #onClosed = () => {};
  /** @type {DecodedNumber[]} */
  #waiting = [];

  /**
   * @param {Costs} costs
   * @param {(picture: FfmpegPicture) => DecodedNumber} look is called while the decoded picture is
   *   valid
   * @param {(seen: DecodedNumber, at: number) => void} show is called when the slow decoder would
   *   be done
   * @param {() => number} [hiccup] ms that the decoder stands still before an access unit
   */
  constructor(costs, look, show, hiccup = () => 0) {
    this.#costs = costs;
    this.#show = show;
    this.#hiccup = hiccup;
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
    this.#decoder = new FfmpegDecoder(
      { push: (picture) => void this.#waiting.push(look(picture)), close() {} },
      new IssueCounter(),
    );
  }

  /** @param {AccessUnit} unit */
  push(unit) {
    const from = monotonicMs();
    this.#decoder.push(unit);
    if (unit.leaveOut !== "picture") {
      const costs = unit.leaveOut ? this.#costs.unfiltered : this.#costs.whole;
      const cost = itemAt(costs, unit.sequence);
      while (monotonicMs() < from + cost + this.#hiccup());
    }
    this.#showAll();
  }
  confirmEnd() {
    this.#decoder.confirmEnd();
    this.#showAll();
  }
  reset() {
    this.#decoder.reset();
  }
  flush() {
    this.#decoder.flush();
    this.#showAll();
  }
  close() {
    this.#decoder.close();
    this.#showAll();
    this.#onClosed();
  }

  #showAll() {
    for (const seen of this.#waiting.splice(0)) this.#show(seen, monotonicMs());
  }
}

/**
 * Stands still for 50 to 400 ms, about once per second, at the same times for the same seed.
 *
 * @param {number} seed
 * @returns {() => number} ms to stand still now
 */
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
 * Measures the cost of each access unit, and scales it so that the decoder does `speed` times what
 * the stream needs.
 *
 * @param {Clip} clip
 * @param {number} speed
 * @returns {Costs}
 */
export function measureCosts(clip, speed) {
  const units = accessUnitsOf([clip.data]);
  const whole = decodeTimes(units);
  const unfiltered = decodeTimes(
    units.map((unit) => (unit.picture.reference ? unit : { ...unit, leaveOut: "loop-filter" })),
  );
  const factor = 1000 / clip.spec.fps / speed / mean(whole);
  /** @param {readonly number[]} times */
  const scale = (times) => times.map((time) => time * factor);
  const isReference = units.map(({ picture }) => picture.reference);
  return { whole: scale(whole), unfiltered: scale(unfiltered), isReference };
}

/**
 * The shortest of some trials: other work slows down some of them.
 *
 * @param {readonly AccessUnit[]} units
 */
function decodeTimes(units) {
  const times = units.map(() => Number.POSITIVE_INFINITY);
  for (let trial = 0; trial < trials; trial++) {
    const decoder = new FfmpegDecoder({ push() {}, close() {} }, new IssueCounter());
    units.forEach((unit, index) => {
      const from = monotonicMs();
      decoder.push(unit);
      times[index] = Math.min(itemAt(times, index), monotonicMs() - from);
    });
    decoder.close();
  }
  // The first one includes opening the decoder: the next IDR picture stands in for it.
  times[0] = itemAt(
    times,
    units.findIndex(({ picture }, index) => index > 0 && picture.idr),
  );
  return times;
}

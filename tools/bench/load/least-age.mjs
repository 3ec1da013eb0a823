import { itemAt } from "../../shared/item-at.mjs";

/**
 * @import { Clip } from "../clips/clips.mjs"
 * @import { Costs } from "./slow-decoder.mjs"
 */

/**
 * The least age p95 of the picture in view that any rule could reach, even one that knows all costs
 * and what will come, unless it leaves out single reference pictures. Tries all choices of how much
 * of each group to decode.
 *
 * A lower bound: pictures count as in view once they are decoded, and as complete once they are
 * sent.
 *
 * @param {Clip} clip
 * @param {Costs} costs
 */
export function leastAge({ spec }, costs) {
  let low = 0;
  let high = 10_000;
  while (high - low > 2) {
    const middle = (low + high) / 2;
    if (leastShareAbove(middle, spec, costs) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The least share of the time in which the picture in view can be older than that.
 *
 * @param {number} age
 * @param {{ fps: number, gop: number }} spec
 * @param {Costs} costs
 */
function leastShareAbove(age, { fps, gop }, { unfiltered, isReference }) {
  const interval = 1000 / fps;
  const count = isReference.length;
  const end = (count - 1) * interval;
  const firstCost = itemAt(unfiltered, 0);
  /** @type {Map<number, number>} */
  const known = new Map();
  /**
   * @param {number} newest
   * @param {number} from
   * @param {number} to
   */
  const tooOld = (newest, from, to) => Math.max(0, to - Math.max(from, newest * interval + age));
  /**
   * @param {number} latest access unit decoded
   * @param {number} free when the decoder was free after it
   * @returns {number}
   */
  const best = (latest, free) => {
    const key = latest * 2 ** 20 + Math.round(free * 4);
    const found = known.get(key);
    if (found !== undefined) return found;
    let least = tooOld(latest, free, end);
    for (const next of following(latest, isReference, gop)) {
      const shown = Math.max(free, next * interval) + itemAt(unfiltered, next);
      if (shown < end) least = Math.min(least, tooOld(latest, free, shown) + best(next, shown));
    }
    known.set(key, least);
    return least;
  };
  return best(0, firstCost) / (end - firstCost);
}

/**
 * What may be decoded after an access unit: all up to the next reference picture, or the start of a
 * later group.
 *
 * @param {number} latest
 * @param {readonly boolean[]} isReference
 * @param {number} gop
 */
function following(latest, isReference, gop) {
  const next = [];
  for (let index = latest + 1; index < isReference.length; index++) {
    next.push(index);
    if (isReference[index]) break;
  }
  const start = (Math.floor(latest / gop) + 1) * gop;
  for (const index of [start, start + gop]) {
    if (index < isReference.length && !next.includes(index)) next.push(index);
  }
  return next;
}

import { mean } from "../figures/statistics.mjs";

/** @import { Clip } from "../clips/clips.mjs" */

/**
 * The best that output order allows: a picture can be shown when it has arrived, and all that
 * precede it in output order.
 *
 * @param {Clip} clip
 * @returns {number[]} by picture number: index of the access unit after which it may be shown
 */
export function showableAfter({ unitOf }) {
  let last = -1;
  return unitOf.map((unit) => {
    last = Math.max(last, unit);
    return last;
  });
}

/**
 * Mean number of pictures that one has to wait for others, by picture order count alone.
 *
 * @param {Clip} clip
 */
export function meanReorderWait(clip) {
  const after = showableAfter(clip);
  return mean(after) - mean(clip.unitOf);
}

import { unitsByNumber } from "./judge.mjs";

/**
 * What output order allows at best: a picture can be shown when it and all that come before it in output order are
 * there.
 *
 * @returns {number[]} by picture number: index of the access unit after which it may be shown
 */
export function showableAfter(clip) {
  let last = -1;
  return unitsByNumber(clip).map((unit) => {
    last = Math.max(last, unit);
    return last;
  });
}

/** Mean number of pictures that one has to wait for others, by picture order count alone. */
export function meanReorderWait(clip) {
  const units = unitsByNumber(clip);
  const waits = showableAfter(clip).map((after, number) => after - units[number]);
  return waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
}

import { delaySummary } from "../figures/statistics.mjs";

/**
 * @typedef {object} LiveRun
 * @property {number[]} sentAt when the kernel was given the last byte of each access unit
 * @property {number} firstByteAt
 * @property {number} closedAt when the sender closed the connection
 * @property {{ number: number | undefined, at: number, digest: unknown }[]} shown
 * @property {object | undefined} summary nalive's own, when it was asked for
 * @property {{ atStart: unknown, atEnd: unknown } | undefined} measured what `measure` said before the first byte and after the last
 */

/**
 * What a run shows: delays, and by the numbers in the pictures what was lost, repeated or swapped.
 *
 * @param {import("../clips/clips.mjs").Clip} clip
 * @param {LiveRun} run
 */
export function judge(clip, run) {
  const unitOf = unitsByNumber(clip);
  const seen = new Set();
  const delays = [];
  let repeated = 0;
  let unreadable = 0;
  let outOfOrder = 0;
  let highest = -1;
  for (const { number, at } of run.shown) {
    if (number === undefined || number >= clip.spec.pictures) {
      unreadable++;
      continue;
    }
    if (seen.has(number)) repeated++;
    else if (number < highest) outOfOrder++;
    seen.add(number);
    highest = Math.max(highest, number);
    // What comes after the sender has gone comes because the input ended.
    if (at < run.closedAt) delays.push({ number, delay: at - run.sentAt[unitOf[number]] });
  }
  return {
    ...delaySummary(delays.map(({ delay }) => delay)),
    first: (run.shown[0]?.at ?? Number.NaN) - run.firstByteAt,
    shown: seen.size,
    lost: clip.spec.pictures - seen.size,
    afterTheEnd: run.shown.filter(({ at }) => at >= run.closedAt).length,
    repeated,
    outOfOrder,
    unreadable,
    delays,
  };
}

/** Index of the access unit of each picture number. */
export function unitsByNumber({ numbers }) {
  const units = new Array(numbers.length);
  numbers.forEach((number, unit) => {
    units[number] = unit;
  });
  return units;
}

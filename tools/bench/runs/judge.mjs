import { itemAt } from "../../shared/item-at.mjs";
import { delaySummary } from "../figures/statistics.mjs";

/**
 * @import { Clip } from "../clips/clips.mjs"
 * @import { DelaySummary } from "../figures/statistics.mjs"
 *
 * @typedef {object} ShownPicture
 * @property {number | undefined} number undefined when it cannot be read
 * @property {number} at
 *
 * @typedef {object} LiveRun times are `performance.now`
 * @property {readonly number[]} sentAt when the kernel got the last byte of each access unit
 * @property {number} firstByteAt when the sender wrote its first byte
 * @property {number} closedAt when the sender closed the connection
 * @property {readonly ShownPicture[]} shown
 *
 * @typedef {DelaySummary & LiveCounts} LiveVerdict delays in ms
 *
 * @typedef {object} LiveCounts
 * @property {number} first ms from the sender's first byte to the first picture
 * @property {number} shown
 * @property {number} lost
 * @property {number} afterTheEnd pictures that came only because the input ended
 * @property {number} repeated
 * @property {number} outOfOrder
 * @property {number} unreadable
 * @property {{ number: number, delay: number }[]} delays
 */

/**
 * What a run shows: its delays, and by the numbers in the pictures what was lost, repeated or
 * swapped.
 *
 * @param {Clip} clip
 * @param {LiveRun} run
 * @returns {LiveVerdict}
 */
export function judge(clip, run) {
  const seen = new Set();
  let repeated = 0;
  let unreadable = 0;
  let outOfOrder = 0;
  let highest = -1;
  for (const { number } of run.shown) {
    if (number === undefined || number >= clip.spec.pictures) {
      unreadable++;
      continue;
    }
    if (seen.has(number)) repeated++;
    else if (number < highest) outOfOrder++;
    seen.add(number);
    highest = Math.max(highest, number);
  }
  const delays = delaysOf(clip, run);
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

/**
 * The delay of each picture that was shown before the sender closed its connection, ms. Later ones
 * came only because the input ended.
 *
 * @param {Clip} clip
 * @param {LiveRun} run
 * @param {readonly number[]} [unitOf] access unit from whose last byte a picture's delay counts, by
 *   number; its own by default
 */
export function delaysOf(clip, { shown, sentAt, closedAt }, unitOf = clip.unitOf) {
  return shown.flatMap(({ number, at }) => {
    if (number === undefined || number >= clip.spec.pictures || at >= closedAt) return [];
    return [{ number, delay: at - itemAt(sentAt, itemAt(unitOf, number)) }];
  });
}

// What must be true of every run.
import { isStart, picturesToShow } from "../clips/stream.mjs";

/**
 * @import { IssueCode } from "../../../dist/core/issues.js"
 * @import { Touched } from "../clips/stream.mjs"
 * @import { Kind, Plan } from "../plan.mjs"
 * @import { Sent } from "./sender.mjs"
 *
 * @typedef {object} Seen what the receiver showed and counted
 * @property {readonly ShownPicture[]} shown in this order
 * @property {readonly { code: string, count: number }[]} issues
 * @property {number} receivedBytes
 * @property {number} processLateMs how late this process was at most: so late may be what it
 *   measured
 * @property {number} [skipped] sound pictures that gave way to newer ones; 0 by default
 * @property {(from: number, to: number) => number} [starvedBetween] how long the machine kept the
 *   receiver from running, ms; 0 by default
 *
 * @typedef {object} ShownPicture
 * @property {string} digest
 * @property {number} at `performance.now`
 *
 * @typedef {object} Verdict
 * @property {string} stream its name
 * @property {number} sent pictures
 * @property {number} shown
 * @property {number} torn pictures that differ from the reference decode
 * @property {string[]} failures a sentence each
 * @property {string[]} late what came too late, which may be the machine's fault; a sentence each
 * @property {string[]} causes codes counted that the kind of fault expects
 * @property {string} issues all that were counted
 * @property {{ took: number, over: number }[]} recoveries `took`: ms from a fault to the next good
 *   picture; `over`: ms from the random access point to that picture
 * @property {number} systemLost bytes that the system lost because this machine was too busy; then
 *   other pictures are lost than planned, and only torn pictures and order are judged
 */

/**
 * How long after the arrival of the random access point the first picture after a fault may take.
 */
const allowedMs = 100;

/**
 * @param {Kind} kind
 * @param {Plan} plan
 * @param {Sent} sent
 * @param {Seen} seen
 * @returns {Verdict}
 */
export function judge(kind, plan, sent, seen) {
  const { stream, touched } = plan;
  const { shown, issues, skipped = 0, starvedBetween = () => 0 } = seen;
  const pictureOf = new Map(stream.pictures.map((picture) => [picture.digest, picture]));
  const good = shown.flatMap(({ digest, at }) => {
    const picture = pictureOf.get(digest);
    return picture ? [{ ...picture, at }] : [];
  });
  const torn = shown.length - good.length;
  /** @type {Verdict} */
  const verdict = {
    stream: stream.name,
    sent: plan.parts.length,
    shown: shown.length,
    torn,
    failures: [],
    late: [],
    causes: [],
    issues: issues.map(({ code, count }) => `${code} ${count}`).join(", "),
    recoveries: [],
    systemLost: Math.max(0, sent.bytes - seen.receivedBytes),
  };
  const { failures } = verdict;
  if (torn > 0 && !kind.unnoticeable) failures.push(`${torn} pictures differ from the reference decode`);
  const swapped = firstSwapped(good);
  if (swapped) failures.push(`picture ${swapped.order} was shown after picture ${swapped.last}`);
  if (verdict.systemLost > 0) return verdict;

  const here = new Set(good.map(({ position }) => position));
  const missing = picturesToShow(stream, touched, plan.first).filter((position) => !here.has(position));
  // Where damage may go unnoticed it may also be noticed late, and then takes sound pictures with
  // it.
  if (missing.length > skipped && !kind.unnoticeable)
    failures.push(
      `sound pictures are not shown: ${missing.slice(0, 8).join(", ")}${missing.length > 8 ? ", …" : ""} (${missing.length})`,
    );

  for (const { position, from, took, limit, usual } of recoveriesOf(plan, sent.turns, good)) {
    verdict.recoveries.push({ took, over: took - (limit - allowedMs) });
    // On a busy machine all pictures are late. Those just before the fault show by how much, and so
    // does the scheduler.
    const starved = Number.isFinite(took) ? starvedBetween(from, from + took) : 0;
    if (took > limit + usual + seen.processLateMs + starved && !kind.unnoticeable)
      verdict.late.push(
        `after picture ${position} the next good one took ${took.toFixed(0)} ms, expected at most ${limit.toFixed(0)}`,
      );
  }

  const causes = /** @type {readonly string[]} */ (kind.causes);
  verdict.causes = issues.map(({ code }) => code).filter((code) => causes.includes(code));
  const heldBack = plan.parts.filter((part) => !here.has(part.picture.position) && sent.hasArrived(part));
  if (heldBack.length > skipped && verdict.causes.length === 0 && !kind.unnoticeable)
    failures.push(`no counter names the cause: ${verdict.issues || "none counted"}`);
  return verdict;
}

/**
 * The first picture shown that does not follow the one before it in output order.
 *
 * @param {readonly { order: number }[]} pictures
 */
function firstSwapped(pictures) {
  let last = -1;
  for (const { order } of pictures) {
    if (order <= last) return { order, last };
    last = order;
  }
  return undefined;
}

/**
 * For each fault the time from its turn to the next good picture, and how long that may take, ms.
 *
 * @param {Plan} plan
 * @param {Sent["turns"]} turns
 * @param {readonly { position: number, at: number }[]} good the pictures shown that are not torn
 */
function recoveriesOf({ stream, touched, first = 0 }, turns, good) {
  const results = [];
  /** @type {number | undefined} */
  let fault;
  for (const picture of stream.pictures) {
    const { position } = picture;
    if (touched.has(position)) fault ??= position;
    else if (fault !== undefined && isStart(picture, touched, first)) {
      const [from, turn] = [turns.get(fault), turns.get(position)];
      if (from === undefined || turn === undefined) continue;
      const took = firstAfter(fault, touched, good) - from;
      const usual = usualDelay(turns, good, from);
      results.push({ position: fault, from, took, limit: turn - from + allowedMs, usual });
      fault = undefined;
    }
  }
  return results;
}

/**
 * When the first sound picture after a fault was shown.
 *
 * @param {number} fault position
 * @param {Touched} touched
 * @param {readonly { position: number, at: number }[]} good
 */
function firstAfter(fault, touched, good) {
  const later = good.filter(({ position }) => position > fault && !touched.has(position));
  return Math.min(Number.POSITIVE_INFINITY, ...later.map(({ at }) => at));
}

/**
 * The largest delay of the last pictures shown before that time, ms.
 *
 * @param {Sent["turns"]} turns
 * @param {readonly { position: number, at: number }[]} good
 * @param {number} before
 */
function usualDelay(turns, good, before) {
  const delays = good.flatMap(({ position, at }) => {
    const turn = turns.get(position);
    return turn !== undefined && turn < before ? [at - turn] : [];
  });
  return Math.max(0, ...delays.slice(-20));
}

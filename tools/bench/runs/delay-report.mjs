import { median } from "../../shared/statistics.mjs";
import { formatCounts, formatSpread } from "../figures/cells.mjs";

/**
 * @import { LiveVerdict } from "./judge.mjs"
 * @import { Table } from "../figures/report.mjs"
 * @import { Outcome } from "../figures/rounds.mjs"
 *
 * @typedef {Exclude<keyof LiveVerdict, "delays">} Figure
 */

/** @type {[header: string, figure: Figure][]} */
const delays = [
  ["p50", "p50"],
  ["p95", "p95"],
  ["p99", "p99"],
  ["max", "max"],
  ["first picture", "first"],
];
/** @type {[header: string, figure: Figure][]} */
const counts = [
  ["lost", "lost"],
  ["repeated", "repeated"],
  ["swapped", "outOfOrder"],
  ["damaged", "unreadable"],
];

/**
 * A table of what `judge` found: medians over the rounds, and their range.
 *
 * @param {string | undefined} caption
 * @param {readonly Outcome<unknown, LiveVerdict>[]} outcomes
 * @param {Outcome<unknown, LiveVerdict>} [base] the contestant that the others' p50 is compared
 *   with
 * @returns {Table}
 */
export function delayTable(caption, outcomes, base) {
  const rows = outcomes.map(({ name, rounds }) => {
    /** @param {Figure} figure */
    const of = (figure) => rounds.map((round) => round[figure]);
    return [
      name,
      ...delays.map(([, figure]) => formatSpread(of(figure))),
      ...counts.map(([, figure]) => formatCounts(of(figure))),
      ...(base ? [(median(of("p50")) / median(base.rounds.map(({ p50 }) => p50))).toFixed(1)] : []),
    ];
  });
  const columns = [...delays, ...counts].map(([header]) => header);
  return { caption, header: ["ms", ...columns, ...(base ? ["p50 ratio"] : [])], rows };
}

/**
 * A round as it is recorded.
 *
 * @template {{ delays: unknown }} R
 * @param {R} round
 */
export function withoutDelays({ delays: _, ...rest }) {
  return rest;
}

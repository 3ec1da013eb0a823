import { median } from "./statistics.mjs";
import { formatCounts, formatSpread } from "./table.mjs";

export const delayHeader = [
  "ms",
  "p50",
  "p95",
  "p99",
  "max",
  "first picture",
  "lost",
  "repeated",
  "swapped",
  "damaged",
  "p50 ratio",
];

/** A row of `delayHeader`: medians over the rounds, and from where to where; `base` has ratio 1. */
export function delayRow(name, rounds, base) {
  const of = (key) => rounds.map((round) => round[key]);
  const p50 = median(of("p50"));
  return [
    name,
    ...["p50", "p95", "p99", "max", "first"].map((key) => formatSpread(of(key))),
    ...["lost", "repeated", "outOfOrder", "unreadable"].map((key) => formatCounts(of(key))),
    base ? (p50 / median(base.map((round) => round.p50))).toFixed(1) : "",
  ];
}

/** Results as they are kept in JSON. */
export function withoutDelays({ delays: _, ...rest }) {
  return rest;
}

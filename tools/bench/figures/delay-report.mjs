import { median } from "./statistics.mjs";
import { formatCounts, formatSpread } from "./table.mjs";

const delays = { p50: "p50", p95: "p95", p99: "p99", max: "max", "first picture": "first" };
const counts = { lost: "lost", repeated: "repeated", swapped: "outOfOrder", damaged: "unreadable" };

/**
 * A table of what `judge` found: medians over the rounds, and from where to where.
 *
 * @param {string | undefined} caption
 * @param {[name: string, rounds: object[]][]} contestants
 * @param {object[]} [base] rounds of the contestant that the others' p50 is compared with
 */
export function delayTable(caption, contestants, base) {
  const rows = contestants.map(([name, rounds]) => {
    const of = (key) => rounds.map((round) => round[key]);
    return [
      name,
      ...Object.values(delays).map((key) => formatSpread(of(key))),
      ...Object.values(counts).map((key) => formatCounts(of(key))),
      ...(base ? [(median(of("p50")) / median(base.map(({ p50 }) => p50))).toFixed(1)] : []),
    ];
  });
  const header = ["ms", ...Object.keys(delays), ...Object.keys(counts), ...(base ? ["p50 ratio"] : [])];
  return { caption, header, rows };
}

/** Results as they are kept in JSON. */
export function withoutDelays({ delays: _, ...rest }) {
  return rest;
}

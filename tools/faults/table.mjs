import { quantile } from "../shared/statistics.mjs";
import { formatTable } from "../shared/table.mjs";

/** @import { KindResult, Run } from "./suite.mjs" */

/**
 * The table of a suite's results.
 *
 * @param {readonly KindResult[]} results
 */
export function tableOf(results) {
  const header = [
    "kind",
    "seeds",
    "sent",
    "shown",
    "torn",
    "recovery p50",
    "p95",
    "past the point p95",
    "causes counted",
  ];
  const rows = results.map(({ kind, runs }) => {
    const recoveries = runs.flatMap(({ recoveries }) => recoveries);
    const took = recoveries.map(({ took }) => took);
    const over = recoveries.map(({ over }) => over);
    const torn = sum(runs, ({ torn }) => torn);
    return [
      kind.name,
      runs.length,
      sum(runs, ({ sent }) => sent),
      sum(runs, ({ shown }) => shown),
      kind.unnoticeable ? `${torn} *` : torn,
      milliseconds(quantile(took, 0.5)),
      milliseconds(quantile(took, 0.95)),
      milliseconds(quantile(over, 0.95)),
      causesOf(runs),
    ];
  });
  return formatTable(header, rows, { left: ["causes counted"] });
}

/** @param {readonly Run[]} runs */
function causesOf(runs) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const code of runs.flatMap(({ causes }) => causes)) counts.set(code, (counts.get(code) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([code, count]) => `${code} ${count}`).join(", ") || "–";
}

/**
 * @param {readonly Run[]} runs
 * @param {(run: Run) => number} value
 */
const sum = (runs, value) => runs.reduce((total, run) => total + value(run), 0);

/** @param {number} value NaN: there were none; infinite: no picture came any more */
const milliseconds = (value) =>
  Number.isNaN(value) ? "–" : Number.isFinite(value) ? `${value.toFixed(0)} ms` : "never";

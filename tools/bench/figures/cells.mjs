// Figures of several rounds as the cell of a table.
import { median } from "../../shared/statistics.mjs";

/**
 * `median (min..max)` of a figure over the rounds.
 *
 * @param {readonly number[]} values one per round
 */
export function formatSpread(values, digits = 1) {
  /** @param {number} value */
  const text = (value) => (Number.isFinite(value) ? value.toFixed(digits) : "–");
  if (values.length < 2) return text(median(values));
  return `${text(median(values))} (${text(Math.min(...values))}..${text(Math.max(...values))})`;
}

/**
 * A count that should be the same in every round, such as 0.
 *
 * @param {readonly number[]} values one per round
 */
export function formatCounts(values) {
  const min = Math.min(...values);
  const max = Math.max(...values);
  return min === max ? `${min}` : `${min}..${max}`;
}

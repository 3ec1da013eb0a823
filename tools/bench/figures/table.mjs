import { spread } from "./statistics.mjs";

/** A table as text: the first column to the left, the others to the right. */
export function formatTable(header, rows) {
  const lines = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...lines.map((row) => row[column].length)));
  const format = (row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ");
  return [
    format(lines[0]),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...lines.slice(1).map(format),
  ].join("\n");
}

/** `median (min..max)` of a figure over the rounds. */
export function formatSpread(values, digits = 1) {
  const { median, min, max } = spread(values);
  const text = (value) => (Number.isFinite(value) ? value.toFixed(digits) : "–");
  return values.length < 2 ? text(median) : `${text(median)} (${text(min)}..${text(max)})`;
}

/** A count that should be the same in every round, such as 0. */
export function formatCounts(values) {
  const min = Math.min(...values);
  const max = Math.max(...values);
  return min === max ? `${min}` : `${min}..${max}`;
}

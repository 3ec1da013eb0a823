// The table of a suite's results.

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

export function tableOf(results) {
  const rows = results.map(({ kind, runs }) => {
    const recoveries = runs.flatMap(({ recoveries = [] }) => recoveries);
    const took = recoveries.map(({ took }) => took);
    const over = recoveries.map(({ over }) => over);
    return [
      kind.name,
      runs.length,
      sum(runs, ({ sent }) => sent),
      sum(runs, ({ shown }) => shown),
      `${sum(runs, ({ torn }) => torn)}${kind.unnoticeable ? " *" : ""}`,
      milliseconds(quantile(took, 0.5)),
      milliseconds(quantile(took, 0.95)),
      milliseconds(quantile(over, 0.95)),
      causesOf(runs),
    ].map(String);
  });
  return format([header, ...rows]);
}

function causesOf(runs) {
  const counts = new Map();
  for (const { causes } of runs) for (const code of causes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([code, count]) => `${code} ${count}`).join(", ") || "–";
}

const sum = (items, value) => items.reduce((total, item) => total + value(item), 0);
const milliseconds = (value) =>
  value === undefined ? "–" : Number.isFinite(value) ? `${value.toFixed(0)} ms` : "never";

function quantile(values, share) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** The first and the last column to the left, the others to the right. */
function format(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((row) => row[column].length)));
  const last = widths.length - 1;
  const aligned = (row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : column === last ? cell : cell.padStart(widths[column]),
      )
      .join("  ");
  return [
    aligned(lines[0]),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...lines.slice(1).map(aligned),
  ].join("\n");
}

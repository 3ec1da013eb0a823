/** @typedef {readonly (string | number)[]} Row */

/**
 * A table as text. Columns stand to the right, except the first and those named in `left`.
 *
 * @param {Row} header
 * @param {readonly Row[]} rows as long as the header
 * @param {{ left?: readonly string[] }} [options] headers of columns that stand to the left
 */
export function formatTable(header, rows, { left = [] } = {}) {
  const [heading = [], ...lines] = [header, ...rows].map((row) => row.map(String));
  const widths = heading.map((cell, column) =>
    Math.max(cell.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  /** @param {string[]} cells */
  const format = (cells) =>
    cells
      .map((cell, column) => {
        const isLeft = column === 0 || left.includes(heading[column] ?? "");
        const width = widths[column] ?? 0;
        return isLeft ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return [format(heading), widths.map((width) => "-".repeat(width)).join("  "), ...lines.map(format)].join(
    "\n",
  );
}

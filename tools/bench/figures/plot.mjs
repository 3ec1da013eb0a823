const width = 800;
const height = 360;
const margin = { left: 60, right: 20, top: 40, bottom: 44 };

/**
 * A line plot as SVG. The y axis begins at 0, so that flat looks flat.
 *
 * @param {object} plot
 * @param {string} plot.title
 * @param {string} plot.xLabel
 * @param {string} plot.yLabel
 * @param {readonly (readonly [x: number, y: number])[]} plot.points
 */
export function linePlot({ title, xLabel, yLabel, points }) {
  const xMax = points.at(-1)?.[0] || 1;
  const yMax = Math.max(...points.map(([, y]) => y)) * 1.15;
  /** @param {number} value */
  const x = (value) => margin.left + (value / xMax) * (width - margin.left - margin.right);
  /** @param {number} value */
  const y = (value) => height - margin.bottom - (value / yMax) * (height - margin.top - margin.bottom);
  const line = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(" ");
  const xTicks = ticks(xMax).map((value) => text(x(value), height - margin.bottom + 16, value, "middle"));
  const yTicks = ticks(yMax).map(
    (value) =>
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>` +
      text(margin.left - 6, y(value) + 4, value, "end"),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>${title}</title>
<rect width="${width}" height="${height}" fill="white"/>
${yTicks.join("\n")}
${xTicks.join("\n")}
${text(margin.left, 20, title, "start")}
${text((width + margin.left) / 2, height - 8, xLabel, "middle")}
${text(margin.left - 6, margin.top - 8, yLabel, "end")}
<polyline points="${line}" fill="none" stroke="#0a58ca" stroke-width="1.5"/>
</svg>
`;
}

/**
 * About five round numbers from 0 to `max`.
 *
 * @param {number} max
 */
function ticks(max) {
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 5].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power;
  const count = Math.floor(max / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string | number} content
 * @param {"start" | "middle" | "end"} anchor
 */
const text = (x, y, content, anchor) => `<text x="${x}" y="${y}" text-anchor="${anchor}">${content}</text>`;

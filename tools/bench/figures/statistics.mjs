import { median, quantile } from "../../shared/statistics.mjs";

/** @param {readonly number[]} values */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Slope of the least-squares line through points.
 *
 * @param {readonly (readonly [x: number, y: number])[]} points
 */
export function slope(points) {
  const [x, y] = [mean(points.map(([px]) => px)), mean(points.map(([, py]) => py))];
  const covariance = mean(points.map(([px, py]) => (px - x) * (py - y)));
  return covariance / mean(points.map(([px]) => (px - x) ** 2));
}

/**
 * @typedef {object} DelaySummary
 * @property {number} count
 * @property {number} mean
 * @property {number} p50
 * @property {number} p95
 * @property {number} p99
 * @property {number} max
 */

/**
 * @param {readonly number[]} delays
 * @returns {DelaySummary}
 */
export function delaySummary(delays) {
  return {
    count: delays.length,
    mean: mean(delays),
    p50: median(delays),
    p95: quantile(delays, 0.95),
    p99: quantile(delays, 0.99),
    max: quantile(delays, 1),
  };
}

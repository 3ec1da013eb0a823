/**
 * The smallest value that at least this share of all values does not exceed (nearest rank). NaN
 * when there are no values.
 *
 * @param {Iterable<number>} values
 * @param {number} share 0 to 1
 */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** @param {Iterable<number>} values */
export const median = (values) => quantile(values, 0.5);

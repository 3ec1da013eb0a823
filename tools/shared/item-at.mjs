/**
 * The item at an index that must exist.
 *
 * @template T
 * @param {ArrayLike<T>} items
 * @param {number} index
 * @returns {T}
 */
export function itemAt(items, index) {
  if (!(index in items)) throw new RangeError(`There is no item ${index} of ${items.length}`);
  return /** @type {T} */ (items[index]);
}

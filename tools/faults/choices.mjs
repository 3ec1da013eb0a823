import { seededRandom } from "../shared/random.mjs";

/** @typedef {ReturnType<typeof seededChoices>} Choices */

/**
 * Choices that are the same for the same seed.
 *
 * @param {number} seed a whole number
 */
export function seededChoices(seed) {
  const random = seededRandom((Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0);
  /**
   * A whole number from `lowest` to `highest`.
   *
   * @param {number} lowest
   * @param {number} highest
   */
  const whole = (lowest, highest) => lowest + Math.floor(random() * (highest - lowest + 1));
  /**
   * @template T
   * @param {readonly T[]} items at least one
   * @returns {T}
   */
  const pick = (items) => {
    const index = whole(0, items.length - 1);
    if (items.length === 0) throw new Error("There is nothing to choose from");
    return /** @type {T} */ (items[index]);
  };
  return {
    whole,
    pick,
    /** @param {number} probability */
    chance: (probability) => random() < probability,
    /** @param {number} length */
    bytes: (length) => Uint8Array.from({ length }, () => whole(0, 255)),
  };
}

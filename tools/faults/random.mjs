// Choices that are the same for the same seed.

/** @param {number} seed a whole number */
export function seededRandom(seed) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0;
  /** At least 0, below 1 (mulberry32). */
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** A whole number from `lowest` to `highest`. */
  const whole = (lowest, highest) => lowest + Math.floor(unit() * (highest - lowest + 1));
  return {
    unit,
    whole,
    chance: (probability) => unit() < probability,
    pick: (items) => items[whole(0, items.length - 1)],
    bytes: (length) => Uint8Array.from({ length }, () => whole(0, 255)),
  };
}

import type { DelaySecond } from "./delay-history.js";

/** The least range of the axis, ms, so that a calm stream looks calm. */
const leastTop = 40;
/** Room above the highest value that counts. */
const room = 1.15;

/**
 * The top of the delay's axis, ms. A single bad second may exceed it, and so may those in which the
 * player had just joined, so that the others stay readable. Pointing at a second shows its figures.
 */
export function topOfScale(seconds: readonly DelaySecond[]): number {
  const usual = seconds.filter(({ isJoining }) => !isJoining);
  const known = (key: "shown" | "p95") =>
    usual.map((second) => second[key]).filter((value) => value !== null);
  const most = Math.max(0, ...known("shown"));
  const p95 = known("p95").sort((a, b) => a - b);
  return Math.max(leastTop, most * room, (p95[Math.floor(p95.length * 0.9)] ?? 0) * room);
}

// Functions that the benchmarks run in a page: Chromium gets each as text, so none uses anything
// from outside itself.

/**
 * @import { NalivePlayerElement } from "../../../dist/browser/index.js"
 *
 * @typedef {object} BenchPage what a page notes; times are the page's `performance.now`
 * @property {{ number: number | undefined, at: number }[]} seen numbers read; undefined: not
 *   readable
 * @property {number[]} drawn access units whose pictures were drawn, in that order
 * @property {number[]} drawnAt when drawing onto the page's canvas ended
 * @property {() => Promise<number>} clockOffset ms that the page's clock is ahead of the sender's
 * @property {NalivePlayerElement | undefined} player
 * @property {{ set: number, connected: number }} times when the player's `src` was set, and when it
 *   was live
 * @property {() => number} received messages
 * @property {() => Promise<number>} decodeAll ms that decoding all messages takes
 *
 * @typedef {Window & { bench: BenchPage }} BenchWindow
 */

export function clockOffset() {
  return /** @type {BenchWindow} */ (/** @type {unknown} */ (window)).bench.clockOffset();
}

/** What the page has noted so far. */
export function notes() {
  const { bench } = /** @type {BenchWindow} */ (/** @type {unknown} */ (window));
  const { seen, drawn, drawnAt, times } = bench;
  return { seen, drawn, drawnAt, times };
}

/** True once the player is connected to the server. */
export function isConnected() {
  const { bench } = /** @type {BenchWindow} */ (/** @type {unknown} */ (window));
  const type = bench?.player?.state?.type;
  return type === "waiting" || type === "live";
}

export function tierInUse() {
  return /** @type {BenchWindow} */ (/** @type {unknown} */ (window)).bench.player?.tierInUse;
}

/**
 * Makes the player show a stream, and notes when it is connected.
 *
 * @param {string} src
 */
export function startPlayer(src) {
  const { bench } = /** @type {BenchWindow} */ (/** @type {unknown} */ (window));
  if (!bench.player) throw new Error("This page has no player");
  bench.times.set = performance.now();
  bench.player.addEventListener("state", ({ detail }) => {
    if (detail.type === "live" && Number.isNaN(bench.times.connected))
      bench.times.connected = performance.now();
  });
  bench.player.src = src;
}

/**
 * True once the page has received this number of messages.
 *
 * @param {number} count
 */
export function hasReceived(count) {
  return /** @type {BenchWindow} */ (/** @type {unknown} */ (window)).bench.received() === count;
}

export function decodeAll() {
  return /** @type {BenchWindow} */ (/** @type {unknown} */ (window)).bench.decodeAll();
}

// What runs in pages: Chromium gets each function as text, so none uses anything from outside
// itself.

/**
 * @import { PlayerEventMap } from "../../../dist/browser/index.js"
 *
 * @typedef {{ digest: string, at: number }} Drawing of a picture; `at`: ms since 1970
 *
 * @typedef {{ [K in keyof PlayerEventMap]: { event: K, detail: PlayerEventMap[K]["detail"] }
 *   }[keyof PlayerEventMap]} PlayerReport
 *
 * @typedef {object} PageRecord
 * @property {(context: CanvasRenderingContext2D) => string} digestOf
 * @property {Drawing[]} seen each time that the player has drawn
 * @property {PlayerReport[]} reports of the player, in order
 *
 * @typedef {Window & PageRecord} RecordingWindow
 */

/** Side of the cells whose mean colours are compared, pixels. */
export const cellSide = 16;

/**
 * Records what the player's canvas shows after each drawing, and what the player reports. Runs
 * before the page is opened.
 */
export function recordPlayer() {
  const page = /** @type {RecordingWindow} */ (/** @type {unknown} */ (window));
  page.seen = [];
  page.reports = [];
  const { prototype } = CanvasRenderingContext2D;
  for (const name of /** @type {const} */ (["drawImage", "putImageData"])) {
    const draw = /** @type {(...args: unknown[]) => void} */ (prototype[name]);
    /**
     * @this {CanvasRenderingContext2D}
     * @param {unknown[]} args
     */
    prototype[name] = function (...args) {
      draw.apply(this, args);
      if (this.canvas.part.contains("picture"))
        page.seen.push({ digest: page.digestOf(this), at: performance.timeOrigin + performance.now() });
    };
  }
  addEventListener("DOMContentLoaded", () => {
    const player = document.querySelector("nalive-player");
    for (const event of /** @type {const} */ (["picture", "held", "tier", "state"]))
      player?.addEventListener(event, ({ detail }) =>
        page.reports.push(/** @type {PlayerReport} */ ({ event, detail })),
      );
  });
}

/** Gives a page `digestOf`: a digest of all pixels and the size (FNV-1a over words). */
export function defineDigest() {
  const page = /** @type {RecordingWindow} */ (/** @type {unknown} */ (window));
  page.digestOf = (context) => {
    const { width, height } = context.canvas;
    const words = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
    let hash = 0x811c9dc5;
    for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
    return `${width}x${height} ${hash >>> 0}`;
  };
}

/** What the page has recorded so far. */
export function readRecord() {
  const { seen, reports } = /** @type {RecordingWindow} */ (/** @type {unknown} */ (window));
  return { seen, reports };
}

/** How much the page has recorded so far. */
export function countRecords() {
  const { seen, reports } = /** @type {RecordingWindow} */ (/** @type {unknown} */ (window));
  return seen.length + reports.length;
}

/** True once the player waits for a publisher. */
export function isWaiting() {
  const { reports } = /** @type {RecordingWindow} */ (/** @type {unknown} */ (window));
  return reports.some(({ event, detail }) => event === "state" && detail.type === "waiting");
}

/**
 * Decodes access units with the browser's decoder as it is.
 *
 * @param {{ units: string[], side: number }} input `units` in base64
 * @returns {Promise<{ digest: string, cells: number[] }[]>} by place in decoding order; `digest` of
 *   the canvas, `cells`: mean red, green and blue of each cell
 */
export async function decodePlainly({ units, side }) {
  const page = /** @type {RecordingWindow} */ (/** @type {unknown} */ (window));
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("This page has no canvas");
  /** @type {{ digest: string, cells: number[] }[]} */
  const pictures = [];
  const decoder = new VideoDecoder({
    output(frame) {
      if (canvas.width !== frame.displayWidth || canvas.height !== frame.displayHeight)
        Object.assign(canvas, { width: frame.displayWidth, height: frame.displayHeight });
      context.drawImage(frame, 0, 0);
      pictures[frame.timestamp] = { digest: page.digestOf(context), cells: cellsOf(context) };
      frame.close();
    },
    error: (error) => console.error(error),
  });
  decoder.configure({ codec: "avc1.640028", hardwareAcceleration: "prefer-software" });
  for (const [timestamp, unit] of units.entries()) {
    const data = Uint8Array.from(atob(unit), (letter) => letter.charCodeAt(0));
    decoder.decode(new EncodedVideoChunk({ type: timestamp === 0 ? "key" : "delta", timestamp, data }));
  }
  await decoder.flush();
  decoder.close();
  return pictures;

  /** @param {CanvasRenderingContext2D} context */
  function cellsOf(context) {
    const { width, height } = context.canvas;
    const { data } = context.getImageData(0, 0, width, height);
    const cells = [];
    for (let top = 0; top + side <= height; top += side)
      for (let left = 0; left + side <= width; left += side)
        for (let colour = 0; colour < 3; colour++) {
          let sum = 0;
          for (let y = top; y < top + side; y++)
            for (let x = left; x < left + side; x++) sum += data[(y * width + x) * 4 + colour] ?? 0;
          cells.push(sum / side / side);
        }
    return cells;
  }
}

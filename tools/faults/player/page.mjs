// What runs in the page: it is given to Chromium as text, and knows nothing of this file.

/** Side of the cells whose mean colours are compared, pixels. */
export const cellSide = 16;

/** Notes what the player's canvas shows after each drawing, and what the player tells. Before the page is opened. */
export function watchPlayer() {
  const seen = [];
  const told = [];
  Object.assign(window, { seen, told });
  const { prototype } = CanvasRenderingContext2D;
  for (const name of ["drawImage", "putImageData"]) {
    const draw = prototype[name];
    prototype[name] = function (...args) {
      draw.apply(this, args);
      if (this.canvas.part.contains("picture"))
        seen.push({ digest: window.digestOf(this), at: performance.timeOrigin + performance.now() });
    };
  }
  addEventListener("DOMContentLoaded", () => {
    const player = document.querySelector("nalive-player");
    for (const type of ["picture", "held", "tier", "state"])
      player?.addEventListener(type, ({ detail }) => told.push({ event: type, detail }));
  });
}

/** For both pages. */
export function defineDigest() {
  /** Of all pixels and the size (FNV-1a over words). */
  window.digestOf = (context) => {
    const { width, height } = context.canvas;
    const words = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
    let hash = 0x811c9dc5;
    for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
    return `${width}x${height} ${hash >>> 0}`;
  };
}

/**
 * Decodes access units with the browser's decoder as it is.
 *
 * @param {{ units: string[], side: number }} input in base64
 * @returns {Promise<{ digest: string, cells: number[] }[]>} by place in decoding order: the digest of the canvas, and the mean red, green and blue
 *   of its cells
 */
export async function decodePlainly({ units, side }) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false });
  const pictures = [];
  const decoder = new VideoDecoder({
    output(frame) {
      if (canvas.width !== frame.displayWidth || canvas.height !== frame.displayHeight)
        Object.assign(canvas, { width: frame.displayWidth, height: frame.displayHeight });
      context.drawImage(frame, 0, 0);
      pictures[frame.timestamp] = { digest: window.digestOf(context), cells: cellsOf(context) };
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

  function cellsOf({ canvas: { width, height } }) {
    const { data } = context.getImageData(0, 0, width, height);
    const cells = [];
    for (let top = 0; top + side <= height; top += side)
      for (let left = 0; left + side <= width; left += side)
        for (let colour = 0; colour < 3; colour++) {
          let sum = 0;
          for (let y = top; y < top + side; y++)
            for (let x = left; x < left + side; x++) sum += data[(y * width + x) * 4 + colour];
          cells.push(sum / side / side);
        }
    return cells;
  }
}

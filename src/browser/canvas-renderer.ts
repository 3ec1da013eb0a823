import type { Sink } from "../core/sink.js";
import type { PlayerFrame } from "./player-frame.js";

/** What a `CanvasRenderer` tells. */
export interface CanvasRendererEvents {
  /** The frame is drawn; the browser puts it on the screen with its next refresh. */
  readonly onDrawn: (frame: PlayerFrame) => void;
  /** The picture has another size, in pixels as they are shown. */
  readonly onResize: (width: number, height: number) => void;
}

/**
 * Draws each frame as soon as it comes, and closes it: the browser shows the canvas with its next refresh, and waiting for
 * that here would cost up to one more.
 */
export class CanvasRenderer implements Sink<PlayerFrame> {
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #events: CanvasRendererEvents;

  /** @throws Error when the canvas has no 2D context */
  constructor(canvas: OffscreenCanvas, events: CanvasRendererEvents) {
    const context = canvas.getContext("2d", { alpha: false, desynchronized: true });
    if (!context) throw new Error("the canvas gave no 2D context");
    this.#canvas = canvas;
    this.#context = context;
    this.#events = events;
  }

  push(frame: PlayerFrame): void {
    const { displayWidth, displayHeight } = frame.image;
    if (displayWidth !== this.#canvas.width || displayHeight !== this.#canvas.height) {
      this.#canvas.width = displayWidth;
      this.#canvas.height = displayHeight;
      this.#events.onResize(displayWidth, displayHeight);
    }
    this.#context.drawImage(frame.image, 0, 0);
    frame.close();
    this.#events.onDrawn(frame);
  }

  /** The last picture stays. */
  close(): void {}
}

import { FramePainter } from "./frame-painter.js";

/** A decoded picture, to be drawn and closed. */
export interface DrawableFrame {
  readonly image: VideoFrame;
  /** Number of its access unit. */
  readonly sequence: number;
}

/** What a `CanvasRenderer` tells. */
export interface CanvasRendererEvents {
  /** The frame is drawn; the browser puts it on the screen with its next refresh. */
  readonly onDrawn: (sequence: number) => void;
  /** The frame was closed for a newer one. */
  readonly onSkipped: (sequence: number) => void;
  /** The picture has another size, in pixels as they are shown. */
  readonly onResize: (width: number, height: number) => void;
}

/**
 * Draws each frame as soon as it comes. One that comes before the last one could be seen waits for
 * the next refresh of the screen, one at most: the newest.
 */
export class CanvasRenderer {
  readonly #canvas: HTMLCanvasElement;
  readonly #painter: FramePainter;
  readonly #events: CanvasRendererEvents;
  #waiting: DrawableFrame | undefined;
  /** The last frame is being drawn, or has not been seen yet. */
  #isUnseen = false;

  /** @throws Error when the canvas has no 2D context */
  constructor(canvas: HTMLCanvasElement, events: CanvasRendererEvents) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("the canvas gave no 2D context");
    this.#canvas = canvas;
    this.#painter = new FramePainter(context);
    this.#events = events;
  }

  push(frame: DrawableFrame): void {
    if (!this.#isUnseen) {
      void this.#draw(frame);
      return;
    }
    this.#skipWaiting();
    this.#waiting = frame;
  }

  /** The frames that come are another decoder's. */
  restart(): void {
    this.#painter.restart();
  }

  /** The last picture stays. */
  close(): void {
    this.#skipWaiting();
  }

  #skipWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) return;
    waiting.image.close();
    this.#events.onSkipped(waiting.sequence);
  }

  async #draw({ image, sequence }: DrawableFrame): Promise<void> {
    const { displayWidth, displayHeight } = image;
    if (displayWidth !== this.#canvas.width || displayHeight !== this.#canvas.height) {
      this.#canvas.width = displayWidth;
      this.#canvas.height = displayHeight;
      this.#events.onResize(displayWidth, displayHeight);
    }
    this.#isUnseen = true;
    await this.#painter.paint(image);
    requestAnimationFrame(() => this.#seen());
    this.#events.onDrawn(sequence);
  }

  #seen(): void {
    this.#isUnseen = false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) void this.#draw(waiting);
  }
}

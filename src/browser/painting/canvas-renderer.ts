import { FramePainter } from "./frame-painter.js";

/** A decoded picture, to be drawn and closed. */
export interface DrawableFrame {
  readonly image: VideoFrame;
  /** Number of its access unit. */
  readonly sequence: number;
}

/** The events of a `CanvasRenderer`. */
export interface CanvasRendererEvents {
  /** The frame is drawn; the browser shows it with the next refresh of the screen. */
  readonly onDrawn: (sequence: number) => void;
  /** A newer frame replaced this one, which was closed. */
  readonly onSkipped: (sequence: number) => void;
  /** The picture has a new size, in pixels as shown. */
  readonly onResize: (width: number, height: number) => void;
}

/**
 * Draws each frame at once. A frame that arrives before the last one could be seen waits for the
 * next refresh of the screen; only the newest waits.
 */
export class CanvasRenderer {
  readonly #canvas: HTMLCanvasElement;
  readonly #painter: FramePainter;
  readonly #events: CanvasRendererEvents;
  #waiting: DrawableFrame | undefined;
  /** The last frame is being drawn, or no refresh has shown it. */
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

  /** Prepares for frames of another decoder. */
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

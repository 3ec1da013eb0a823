/** How a frame gets onto a canvas: drawn by the canvas, or copied to pixels that are put there. */
type Way = "draw" | "copy";

/** Frames that judge each way; the first ones of a page are slow. */
const trials = 4;
const bytesPerPixel = 4;
const pixels = { format: "RGBX" } as const;

/**
 * Puts frames onto a canvas in the quicker of two ways, which it finds by trying both. A canvas
 * draws frames of the graphics processor quickly. It converts frames in memory slowly: copying them
 * to pixels first takes a third of the time, for the same pixels.
 */
export class FramePainter {
  readonly #context: CanvasRenderingContext2D;
  #took: Record<Way, number[]> = { copy: [], draw: [] };
  /** Undefined while both ways are on trial. */
  #quicker: Way | undefined;
  #image: ImageData | undefined;

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
  }

  /** Paints a frame and closes it. The canvas has the frame's display size. */
  async paint(frame: VideoFrame): Promise<void> {
    const from = performance.now();
    const way = this.#wayOf(frame);
    const isCopied = way === "copy" && (await this.#copy(frame));
    if (!isCopied) this.#context.drawImage(frame, 0, 0);
    frame.close();
    if (!this.#quicker) this.#judge(way, performance.now() - from);
  }

  /** Judges again, for the frames of another decoder. */
  restart(): void {
    this.#took = { copy: [], draw: [] };
    this.#quicker = undefined;
  }

  #wayOf({ visibleRect, displayWidth, displayHeight }: VideoFrame): Way {
    // Only drawing stretches pixels that are not square.
    if (visibleRect?.width !== displayWidth || visibleRect.height !== displayHeight) return "draw";
    return this.#quicker ?? (this.#took.copy.length < trials ? "copy" : "draw");
  }

  /** @returns false when the browser cannot do it */
  async #copy(frame: VideoFrame): Promise<boolean> {
    const { displayWidth: width, displayHeight: height } = frame;
    try {
      // A browser that ignores the option returns the size of the planes.
      if (frame.allocationSize(pixels) === width * height * bytesPerPixel) {
        const isOfSize = this.#image?.width === width && this.#image.height === height;
        const image = isOfSize ? this.#image! : new ImageData(width, height);
        this.#image = image;
        await frame.copyTo(image.data, pixels);
        this.#context.putImageData(image, 0, 0);
        return true;
      }
    } catch {
      // This kind of frame cannot be copied, so it is drawn.
    }
    this.#quicker = "draw";
    return false;
  }

  #judge(way: Way, took: number): void {
    const { copy, draw } = this.#took;
    this.#took[way].push(took);
    if (copy.length >= trials && draw.length >= trials)
      this.#quicker = Math.min(...copy) < Math.min(...draw) ? "copy" : "draw";
  }
}

/**
 * How a frame gets onto a canvas: drawn by the canvas, or as pixels that the frame was copied to.
 */
type Way = "draw" | "copy";

/** Frames by which each way is judged; the first ones of a page are slow. */
const trials = 4;
const bytesPerPixel = 4;
const pixels = { format: "RGBX" } as const;

/**
 * Puts frames onto a canvas, the quicker way of two, which it finds by trying. A canvas draws
 * quickly what the graphics processor has. Frames in memory it converts slowly: copied to pixels
 * first, which come out the same, they take a third of the time.
 */
export class FramePainter {
  readonly #context: CanvasRenderingContext2D;
  #took: Record<Way, number[]> = { copy: [], draw: [] };
  /** Undefined while both are tried. */
  #quicker: Way | undefined;
  #image: ImageData | undefined;

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
  }

  /**
   * Ends when the canvas, which has the size of the frame as it is shown, shows the frame; it is
   * closed then.
   */
  async paint(frame: VideoFrame): Promise<void> {
    const from = performance.now();
    const way = this.#wayOf(frame);
    const isCopied = way === "copy" && (await this.#copy(frame));
    if (!isCopied) this.#context.drawImage(frame, 0, 0);
    frame.close();
    if (!this.#quicker) this.#judge(way, performance.now() - from);
  }

  /** The decoder is another one, and so may be the quicker way. */
  restart(): void {
    this.#took = { copy: [], draw: [] };
    this.#quicker = undefined;
  }

  #wayOf({ visibleRect, displayWidth, displayHeight }: VideoFrame): Way {
    // Only drawing stretches pixels that are not square.
    if (visibleRect?.width !== displayWidth || visibleRect.height !== displayHeight) return "draw";
    return this.#quicker ?? (this.#took.copy.length < trials ? "copy" : "draw");
  }

  /** @returns false where the browser cannot do it */
  async #copy(frame: VideoFrame): Promise<boolean> {
    const { displayWidth: width, displayHeight: height } = frame;
    try {
      // A browser that knows nothing of the option names the size of the planes.
      if (frame.allocationSize(pixels) === width * height * bytesPerPixel) {
        const isOfSize = this.#image?.width === width && this.#image.height === height;
        const image = isOfSize ? this.#image! : new ImageData(width, height);
        this.#image = image;
        await frame.copyTo(image.data, pixels);
        this.#context.putImageData(image, 0, 0);
        return true;
      }
    } catch {
      // Not from this kind of frame: it is drawn.
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

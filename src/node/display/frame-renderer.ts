import { NaliveError } from "../../core/errors.js";
import type { Frame } from "../../core/frame.js";
import { colorMatrix } from "./color-matrix.js";
import { displaySize, letterbox, type Size } from "./layout.js";
import { LimitedRange } from "./limited-range.js";
import type { Sdl, SdlPointer } from "./sdl2.js";

/** SDL's pixel formats, by the format of the frame. Only these can be drawn. */
const textureFormats = new Map([
  ["yuv420p", 0x56555949], // SDL_PIXELFORMAT_IYUV
  ["rgb24", 0x17101803], // SDL_PIXELFORMAT_RGB24
  ["bgr24", 0x17401803], // SDL_PIXELFORMAT_BGR24
  ["rgba", 0x16762004], // SDL_PIXELFORMAT_ABGR8888 names the value; in memory it is R, G, B, A
]);

/** `SDL_YUV_CONVERSION_MODE`. SDL knows full range only with BT.601, and has no BT.2020. */
const conversionModes = { jpeg: 0, bt601: 1, bt709: 2 } as const;

/** The texture with the latest picture, and what it was made for. */
interface Picture {
  readonly texture: SdlPointer;
  readonly format: number;
  readonly conversionMode: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws frames into one SDL window, as large as their shape allows, and keeps the last one to draw
 * it again.
 */
export class FrameRenderer {
  readonly #sdl: Sdl;
  readonly #renderer: SdlPointer;
  readonly #limitedRange = new LimitedRange();
  readonly #width = new Int32Array(1);
  readonly #height = new Int32Array(1);
  readonly #target = new Int32Array(4);
  #picture: Picture | undefined;
  #displaySize: Size = { width: 1, height: 1 };

  /** @throws NaliveError `NALIVE_NO_DISPLAY` when SDL cannot draw into the window at all */
  constructor(sdl: Sdl, window: SdlPointer) {
    this.#sdl = sdl;
    this.#renderer = createRenderer(sdl, window);
  }

  /**
   * Copies a frame into the texture. Reads the frame only during the call.
   *
   * @throws NaliveError `NALIVE_INVALID_ARGUMENT` for a format that cannot be drawn;
   *   `NALIVE_NO_DISPLAY` when SDL refuses the picture (too large for the graphics card, out of
   *   memory)
   */
  upload(frame: Frame): void {
    const format = textureFormats.get(frame.pixelFormat);
    if (format === undefined) {
      throw new NaliveError(
        "NALIVE_INVALID_ARGUMENT",
        `A window shows frames in one of ${[...textureFormats.keys()].join(", ")}; this one is in ${frame.pixelFormat}`,
      );
    }
    const matrix = colorMatrix(frame.color);
    const jpeg = frame.color.fullRange && matrix === "bt601";
    const mode = conversionModes[jpeg ? "jpeg" : matrix === "bt601" ? "bt601" : "bt709"];
    // SDL has one mode for all windows. Renderers read it when a texture is created, filled or
    // drawn.
    this.#sdl.SetYUVConversionMode(mode);
    const { texture } = this.#pictureFor(frame, format, mode);
    const squeeze = frame.color.fullRange && !jpeg && frame.pixelFormat === "yuv420p";
    if (this.#fill(texture, frame, squeeze ? this.#limitedRange.convert(frame) : frame.data) !== 0) {
      throw refused(this.#sdl, `a picture of ${frame.width}x${frame.height}`);
    }
    this.#displaySize = displaySize(frame);
  }

  /** Draws the latest frame, or black before the first. */
  draw(): void {
    const sdl = this.#sdl;
    sdl.SetRenderDrawColor(this.#renderer, 0, 0, 0, 255);
    sdl.RenderClear(this.#renderer);
    if (this.#picture) {
      sdl.GetRendererOutputSize(this.#renderer, this.#width, this.#height);
      const place = letterbox(this.#displaySize, { width: this.#width[0]!, height: this.#height[0]! });
      this.#target.set([place.x, place.y, place.width, place.height]);
      sdl.SetYUVConversionMode(this.#picture.conversionMode);
      sdl.RenderCopy(this.#renderer, this.#picture.texture, null, this.#target);
    }
    sdl.RenderPresent(this.#renderer);
  }

  /** Frees the texture, as after a loss of the graphics device. The next upload makes a new one. */
  forget(): void {
    if (this.#picture) this.#sdl.DestroyTexture(this.#picture.texture);
    this.#picture = undefined;
  }

  /** Frees everything. The renderer cannot be used afterwards. */
  close(): void {
    this.forget();
    this.#sdl.DestroyRenderer(this.#renderer);
  }

  #pictureFor({ width, height }: Size, format: number, conversionMode: number): Picture {
    const old = this.#picture;
    if (
      old?.width === width &&
      old.height === height &&
      old.format === format &&
      old.conversionMode === conversionMode
    ) {
      return old;
    }
    this.forget();
    const streaming = 1; // SDL_TEXTUREACCESS_STREAMING
    const texture = this.#sdl.CreateTexture(this.#renderer, format, streaming, width, height);
    if (!texture) throw refused(this.#sdl, `a picture of ${width}x${height}`);
    return (this.#picture = { texture, format, conversionMode, width, height });
  }

  #fill(texture: SdlPointer, frame: Frame, data: Uint8Array): number {
    const [y, u, v] = frame.planes;
    if (!u || !v) return this.#sdl.UpdateTexture(texture, null, data.subarray(y!.offset), y!.stride);
    return this.#sdl.UpdateYUVTexture(
      texture,
      null,
      data.subarray(y!.offset, u.offset),
      y!.stride,
      data.subarray(u.offset, v.offset),
      u.stride,
      data.subarray(v.offset),
      v.stride,
    );
  }
}

/**
 * A renderer on the graphics card that does not wait for the screen's refresh. Where OpenGL itself
 * runs on the processor, SDL's software renderer is faster: 0.8 ms per picture instead of 4.5 at
 * 1280x720, measured with llvmpipe.
 */
function createRenderer(sdl: Sdl, window: SdlPointer): SdlPointer {
  const [software, accelerated] = [1, 2]; // SDL_RENDERER_SOFTWARE, SDL_RENDERER_ACCELERATED
  const renderer = sdl.CreateRenderer(window, -1, accelerated);
  if (renderer) {
    const chosenByUser = process.env.SDL_RENDER_DRIVER !== undefined;
    const onProcessor = /llvmpipe|softpipe|swrast|swiftshader|software/i.test(sdl.glRendererName() ?? "");
    if (chosenByUser || !onProcessor) return renderer;
    sdl.DestroyRenderer(renderer);
  }
  // Else the software renderer draws through OpenGL.
  sdl.SetHint("SDL_FRAMEBUFFER_ACCELERATION", "0");
  const fallback = sdl.CreateRenderer(window, -1, software);
  if (!fallback) throw refused(sdl, "a window");
  return fallback;
}

function refused(sdl: Sdl, what: string): NaliveError {
  return new NaliveError("NALIVE_NO_DISPLAY", `SDL cannot draw ${what}: ${sdl.GetError()}`);
}

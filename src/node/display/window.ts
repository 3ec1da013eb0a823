import { NaliveError } from "../../core/errors.js";
import type { Frame } from "../../core/frame.js";
import type { Sink } from "../../core/sink.js";
import { FrameRenderer } from "./frame-renderer.js";
import { displaySize, limit, type Size } from "./layout.js";
import { parseSdlEvent, type SdlEvent, sdlEventSize } from "./sdl-event.js";
import { loadSdl, type Sdl, type SdlPointer } from "./sdl2.js";

/** What a person did with a window, or what happened to it. */
export type WindowEvent =
  /** `q`, Escape or the close button. The owner should call {@link Window.close}. */
  | { readonly type: "close" }
  /**
   * `s`: save the picture on the screen. The window owns the frame: read it during the call, or
   * clone it.
   */
  | { readonly type: "snapshot"; readonly frame: Frame }
  /** Any other key except `f`, by SDL's name in lower case: `a`, `space`, `left`. */
  | { readonly type: "key"; readonly key: string }
  /** The picture cannot be shown. The window continues with the next one. */
  | { readonly type: "error"; readonly error: NaliveError };

/** How to open a {@link Window}. */
export interface WindowOptions {
  /** The name of the stream. The title bar shows it with the size of the picture. */
  readonly title: string;
  /** Is called from {@link Window.poll} and {@link Window.push}, and may close the window. */
  readonly onEvent: (event: WindowEvent) => void;
}

// SDL_WindowFlags, SDL_INIT_VIDEO, SDL_WINDOWPOS_CENTERED
const flags = { hidden: 0x8, resizable: 0x20, maximized: 0x80, fullscreenDesktop: 0x1001, highDpi: 0x2000 };
const initVideo = 0x20;
const centered = 0x2fff0000;

/** How often a window polls for events. Without events, polling takes about 10 µs. */
const pollIntervalMs = 8;

/**
 * The size of a window before its first picture: the most common one, so that it seldom changes.
 */
const initialSize: Size = { width: 1280, height: 720 };

/** SDL has one queue of events for all windows. The window that polls distributes them. */
const openWindows = new Map<number, Window>();
const event = new DataView(new ArrayBuffer(sdlEventSize));
const eventBytes = new Uint8Array(event.buffer);

/**
 * A window on the desktop that shows each frame as soon as it is pushed, without waiting for the
 * screen's refresh. It never blocks: `push` copies and draws during the call, and a timer polls
 * keys and the mouse every 8 ms.
 *
 * The picture keeps its shape, with black bars. Keys: `f` full screen, `q` or Escape close, `s`
 * snapshot.
 *
 * Use it only on the thread that opened it; on macOS that must be the main thread.
 */
export class Window implements Sink<Frame> {
  readonly #sdl: Sdl;
  readonly #options: WindowOptions;
  readonly #window: SdlPointer;
  readonly #id: number;
  readonly #renderer: FrameRenderer;
  readonly #timer: NodeJS.Timeout;
  /** The frame on the screen, kept for snapshots and for a loss of the graphics device. */
  #frame: Frame | undefined;
  #visible = true;
  #redraw = true;

  /**
   * Opens a window, black until the first frame.
   *
   * @throws NaliveError `NALIVE_NO_SDL` when SDL 2 is not installed, `NALIVE_NO_DISPLAY` when there
   *   is no screen
   */
  static async open(options: WindowOptions): Promise<Window> {
    const sdl = await loadSdl();
    initVideoSubsystem(sdl);
    try {
      return new Window(sdl, options);
    } catch (error) {
      sdl.QuitSubSystem(initVideo);
      throw error;
    }
  }

  private constructor(sdl: Sdl, options: WindowOptions) {
    this.#sdl = sdl;
    this.#options = options;
    const { width, height } = initialSize;
    const windowFlags = flags.hidden | flags.resizable | flags.highDpi;
    const window = sdl.CreateWindow(
      `${options.title} – waiting`,
      centered,
      centered,
      width,
      height,
      windowFlags,
    );
    if (!window) throw noDisplay(sdl.GetError());
    this.#window = window;
    try {
      this.#renderer = new FrameRenderer(sdl, window);
    } catch (error) {
      sdl.DestroyWindow(window);
      throw error;
    }
    sdl.ShowWindow(window);
    this.#id = sdl.GetWindowID(window);
    openWindows.set(this.#id, this);
    this.#timer = setInterval(() => this.poll(), pollIntervalMs);
    this.poll();
  }

  /** False once {@link close} was called. */
  get isOpen(): boolean {
    return openWindows.get(this.#id) === this;
  }

  /**
   * Shows a frame: `yuv420p` (the cheapest), `bgr24`, `rgb24` or `rgba`. The window closes it when
   * the next one is pushed.
   *
   * @throws NaliveError `NALIVE_INVALID_ARGUMENT` for a frame in another format
   */
  push(frame: Frame): void {
    if (!this.isOpen) {
      frame.close();
      return;
    }
    const previous = this.#frame;
    this.#frame = frame;
    previous?.close();
    const resized = previous?.width !== frame.width || previous.height !== frame.height;
    // The picture comes first: desktops take tens of milliseconds to change the window's size.
    this.#show(frame);
    if (resized) this.#followSize(frame, !previous);
    this.poll();
  }

  /**
   * Polls for events now. A timer does this too; call it in a program that blocks its event loop.
   */
  poll(): void {
    while (openWindows.size > 0 && this.#sdl.PollEvent(eventBytes) !== 0) {
      const parsed = parseSdlEvent(event);
      if (!parsed) continue;
      for (const [id, window] of [...openWindows]) {
        if (!("windowId" in parsed) || parsed.windowId === id) window.#handle(parsed);
      }
    }
    for (const window of openWindows.values()) if (window.#redraw) window.#draw();
  }

  /** Closes the window and its frame. Idempotent. */
  close(): void {
    if (!this.isOpen) return;
    openWindows.delete(this.#id);
    clearInterval(this.#timer);
    this.#frame?.close();
    this.#frame = undefined;
    this.#renderer.close();
    this.#sdl.DestroyWindow(this.#window);
    this.#sdl.QuitSubSystem(initVideo);
  }

  #show(frame: Frame): void {
    try {
      this.#renderer.upload(frame);
      this.#draw();
    } catch (error) {
      if (!(error instanceof NaliveError) || error.code !== "NALIVE_NO_DISPLAY") throw error;
      this.#options.onEvent({ type: "error", error });
    }
  }

  #draw(): void {
    this.#redraw = false;
    if (this.#visible) this.#renderer.draw();
  }

  #handle(parsed: SdlEvent): void {
    switch (parsed.type) {
      case "redraw":
        this.#visible = true;
        this.#redraw = true;
        break;
      case "hidden":
        this.#visible = false;
        break;
      case "device-reset":
        this.#renderer.forget();
        if (this.#frame) this.#show(this.#frame);
        break;
      case "close":
      case "quit":
        this.#options.onEvent({ type: "close" });
        break;
      case "key":
        this.#handleKey(parsed.symbol);
        break;
    }
  }

  #handleKey(symbol: number): void {
    const key = this.#sdl.GetKeyName(symbol).toLowerCase();
    if (key === "q" || key === "escape") this.#options.onEvent({ type: "close" });
    else if (key === "f") this.#toggleFullScreen();
    else if (key !== "s") this.#options.onEvent({ type: "key", key });
    else if (this.#frame) this.#options.onEvent({ type: "snapshot", frame: this.#frame });
  }

  #toggleFullScreen(): void {
    const fullScreen = (this.#sdl.GetWindowFlags(this.#window) & flags.fullscreenDesktop) !== 0;
    this.#sdl.SetWindowFullscreen(this.#window, fullScreen ? 0 : flags.fullscreenDesktop);
    this.#sdl.ShowCursor(fullScreen ? 1 : 0);
    this.#redraw = true;
  }

  /**
   * The title follows every change of size, the window only the first picture: later its size is
   * the person's.
   */
  #followSize(frame: Frame, first: boolean): void {
    const sdl = this.#sdl;
    sdl.SetWindowTitle(this.#window, `${this.#options.title} – ${frame.width}x${frame.height}`);
    const fixed = (sdl.GetWindowFlags(this.#window) & (flags.fullscreenDesktop | flags.maximized)) !== 0;
    if (!first || fixed) return;
    const { width, height } = limit(displaySize(frame), this.#usableSize());
    sdl.SetWindowSize(this.#window, width, height);
    sdl.SetWindowPosition(this.#window, centered, centered);
  }

  /** The room for a picture on the screen, without the desktop's bars and the window's borders. */
  #usableSize(): Size {
    const sdl = this.#sdl;
    const bounds = new Int32Array(4);
    if (sdl.GetDisplayUsableBounds(sdl.GetWindowDisplayIndex(this.#window), bounds) !== 0) return initialSize;
    const border = new Int32Array(4);
    const [top, left, bottom, right] = [0, 1, 2, 3].map((i) => border.subarray(i, i + 1));
    if (sdl.GetWindowBordersSize(this.#window, top!, left!, bottom!, right!) !== 0) border.fill(0);
    return { width: bounds[2]! - border[1]! - border[3]!, height: bounds[3]! - border[0]! - border[2]! };
  }
}

function initVideoSubsystem(sdl: Sdl): void {
  sdl.SetMainReady();
  sdl.SetHint("SDL_NO_SIGNAL_HANDLERS", "1"); // Node handles Ctrl-C.
  sdl.SetHint("SDL_QUIT_ON_LAST_WINDOW_CLOSE", "0"); // The close event is enough.
  sdl.SetHint("SDL_RENDER_VSYNC", "0");
  sdl.SetHint("SDL_RENDER_SCALE_QUALITY", "linear");
  // Else other windows flicker when this one opens.
  sdl.SetHint("SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR", "0");
  // Stays full screen when another screen has the focus.
  sdl.SetHint("SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS", "0");
  sdl.SetHint("SDL_WINDOWS_DPI_AWARENESS", "permonitorv2");
  sdl.SetHint("SDL_APP_NAME", "nalive");
  sdl.SetHint("SDL_VIDEO_X11_WMCLASS", "nalive");
  sdl.SetHint("SDL_VIDEO_WAYLAND_WMCLASS", "nalive");
  const chosenByUser = process.env.SDL_VIDEODRIVER !== undefined;
  // SDL would find the same, but its Wayland library would print errors first.
  if (hasNoScreenOnLinux() && !chosenByUser) throw noDisplay("no screen");
  if (sdl.InitSubSystem(initVideo) !== 0) throw noDisplay(sdl.GetError());
  const driver = sdl.GetCurrentVideoDriver() ?? "";
  // SDL falls back to drivers that draw nowhere, and no window would appear.
  if (!chosenByUser && ["dummy", "offscreen", "evdev"].includes(driver)) {
    sdl.QuitSubSystem(initVideo);
    throw noDisplay("SDL found no screen");
  }
}

function hasNoScreenOnLinux(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform === "linux" && !DISPLAY && !WAYLAND_DISPLAY;
}

function noDisplay(reason: string): NaliveError {
  const unset = hasNoScreenOnLinux();
  return new NaliveError(
    "NALIVE_NO_DISPLAY",
    `Cannot open a window (${reason}${unset ? "; neither DISPLAY nor WAYLAND_DISPLAY is set" : ""}). ` +
      "Run nalive in a desktop session, over ssh with -X, or under xvfb-run. " +
      "Or send the pictures to a program: nalive decode … --output -",
  );
}

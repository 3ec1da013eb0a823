import type { LibraryHandle } from "koffi";
import { NaliveError } from "../../core/errors.js";

/** A pointer from SDL: opaque here, only passed back to SDL. */
export type SdlPointer = bigint & { readonly sdl: unique symbol };

/** Memory that SDL reads or writes only during a call. A SharedArrayBuffer may back it. */
type SdlMemory = Uint8Array | Int32Array;

/**
 * The functions of SDL 2 that a window needs, by SDL's names without the prefix.
 * https://wiki.libsdl.org/SDL2/ describes them. Functions that return an `int` return 0 for success
 * and a negative number for failure.
 */
export interface Sdl {
  SetMainReady(): void;
  SetHint(name: string, value: string): number;
  InitSubSystem(flags: number): number;
  QuitSubSystem(flags: number): void;
  GetError(): string;
  GetCurrentVideoDriver(): string | null;
  CreateWindow(
    title: string,
    x: number,
    y: number,
    width: number,
    height: number,
    flags: number,
  ): SdlPointer | null;
  DestroyWindow(window: SdlPointer): void;
  ShowWindow(window: SdlPointer): void;
  GetWindowID(window: SdlPointer): number;
  GetWindowFlags(window: SdlPointer): number;
  GetWindowDisplayIndex(window: SdlPointer): number;
  GetDisplayUsableBounds(display: number, rectangle: Int32Array): number;
  GetWindowBordersSize(
    window: SdlPointer,
    top: Int32Array,
    left: Int32Array,
    bottom: Int32Array,
    right: Int32Array,
  ): number;
  SetWindowSize(window: SdlPointer, width: number, height: number): void;
  SetWindowPosition(window: SdlPointer, x: number, y: number): void;
  SetWindowTitle(window: SdlPointer, title: string): void;
  SetWindowFullscreen(window: SdlPointer, flags: number): number;
  ShowCursor(toggle: number): number;
  CreateRenderer(window: SdlPointer, index: number, flags: number): SdlPointer | null;
  DestroyRenderer(renderer: SdlPointer): void;
  GetRendererOutputSize(renderer: SdlPointer, width: Int32Array, height: Int32Array): number;
  SetRenderDrawColor(renderer: SdlPointer, red: number, green: number, blue: number, alpha: number): number;
  RenderClear(renderer: SdlPointer): number;
  RenderCopy(
    renderer: SdlPointer,
    texture: SdlPointer,
    source: Int32Array | null,
    target: Int32Array | null,
  ): number;
  RenderPresent(renderer: SdlPointer): void;
  SetYUVConversionMode(mode: number): void;
  CreateTexture(
    renderer: SdlPointer,
    format: number,
    access: number,
    width: number,
    height: number,
  ): SdlPointer | null;
  DestroyTexture(texture: SdlPointer): void;
  UpdateTexture(texture: SdlPointer, rectangle: null, pixels: SdlMemory, pitch: number): number;
  UpdateYUVTexture(
    texture: SdlPointer,
    rectangle: null,
    y: SdlMemory,
    yPitch: number,
    u: SdlMemory,
    uPitch: number,
    v: SdlMemory,
    vPitch: number,
  ): number;
  PollEvent(event: Uint8Array): number;
  GetKeyName(symbol: number): string;
  /**
   * OpenGL's name of the current context's renderer; undefined without a context. Not a function of
   * SDL.
   */
  glRendererName(): string | undefined;
}

const prototypes: Record<Exclude<keyof Sdl, "glRendererName">, string> = {
  SetMainReady: "void SDL_SetMainReady()",
  SetHint: "int SDL_SetHint(const char *, const char *)",
  InitSubSystem: "int SDL_InitSubSystem(uint32_t)",
  QuitSubSystem: "void SDL_QuitSubSystem(uint32_t)",
  GetError: "const char *SDL_GetError()",
  GetCurrentVideoDriver: "const char *SDL_GetCurrentVideoDriver()",
  CreateWindow: "void *SDL_CreateWindow(const char *, int, int, int, int, uint32_t)",
  DestroyWindow: "void SDL_DestroyWindow(void *)",
  ShowWindow: "void SDL_ShowWindow(void *)",
  GetWindowID: "uint32_t SDL_GetWindowID(void *)",
  GetWindowFlags: "uint32_t SDL_GetWindowFlags(void *)",
  GetWindowDisplayIndex: "int SDL_GetWindowDisplayIndex(void *)",
  GetDisplayUsableBounds: "int SDL_GetDisplayUsableBounds(int, void *)",
  GetWindowBordersSize: "int SDL_GetWindowBordersSize(void *, void *, void *, void *, void *)",
  SetWindowSize: "void SDL_SetWindowSize(void *, int, int)",
  SetWindowPosition: "void SDL_SetWindowPosition(void *, int, int)",
  SetWindowTitle: "void SDL_SetWindowTitle(void *, const char *)",
  SetWindowFullscreen: "int SDL_SetWindowFullscreen(void *, uint32_t)",
  ShowCursor: "int SDL_ShowCursor(int)",
  CreateRenderer: "void *SDL_CreateRenderer(void *, int, uint32_t)",
  DestroyRenderer: "void SDL_DestroyRenderer(void *)",
  GetRendererOutputSize: "int SDL_GetRendererOutputSize(void *, void *, void *)",
  SetRenderDrawColor: "int SDL_SetRenderDrawColor(void *, uint8_t, uint8_t, uint8_t, uint8_t)",
  RenderClear: "int SDL_RenderClear(void *)",
  RenderCopy: "int SDL_RenderCopy(void *, void *, void *, void *)",
  RenderPresent: "void SDL_RenderPresent(void *)",
  SetYUVConversionMode: "void SDL_SetYUVConversionMode(int)",
  CreateTexture: "void *SDL_CreateTexture(void *, uint32_t, int, int, int)",
  DestroyTexture: "void SDL_DestroyTexture(void *)",
  UpdateTexture: "int SDL_UpdateTexture(void *, void *, void *, int)",
  UpdateYUVTexture: "int SDL_UpdateYUVTexture(void *, void *, void *, int, void *, int, void *, int)",
  PollEvent: "int SDL_PollEvent(void *)",
  GetKeyName: "const char *SDL_GetKeyName(int32_t)",
};

/** Where SDL 2 may be installed, by platform. macOS does not search the folders of Homebrew. */
export function libraryNames(platform: string): readonly string[] {
  if (platform === "win32") return ["SDL2.dll"];
  if (platform !== "darwin") return ["libSDL2-2.0.so.0", "libSDL2-2.0.so"];
  const name = "libSDL2-2.0.0.dylib";
  return [
    name,
    `/opt/homebrew/lib/${name}`,
    `/usr/local/lib/${name}`,
    "/Library/Frameworks/SDL2.framework/SDL2",
  ];
}

let loaded: Sdl | undefined;

/**
 * Loads SDL 2, once per process.
 *
 * @param names files to try in turn; by default the platform's names of the library
 * @throws NaliveError `NALIVE_NO_SDL` when SDL is missing or older than 2.0.8; the message says how
 *   to install it
 */
export async function loadSdl(names: readonly string[] = libraryNames(process.platform)): Promise<Sdl> {
  if (loaded) return loaded;
  let koffi: typeof import("koffi");
  try {
    koffi = await import("koffi");
  } catch (cause) {
    throw missing(`the package koffi has no build for ${process.platform}-${process.arch}`, cause);
  }
  let library: LibraryHandle | undefined;
  let cause: unknown;
  for (const name of names) {
    try {
      library = koffi.load(name);
      break;
    } catch (error) {
      cause ??= error;
    }
  }
  if (!library) throw missing(`tried ${names.join(", ")}`, cause);
  try {
    loaded = bind(koffi, library);
  } catch (cause) {
    throw missing("the installed one is older than 2.0.8", cause);
  }
  return loaded;
}

function bind(koffi: typeof import("koffi"), library: LibraryHandle): Sdl {
  const functions = Object.entries(prototypes).map(([name, prototype]) => [name, library.func(prototype)]);
  const getProcAddress = library.func("void *SDL_GL_GetProcAddress(const char *)");
  const glGetString = koffi.proto("const char *(unsigned int)");
  const glRenderer = 0x1f01; // GL_RENDERER
  return {
    ...(Object.fromEntries(functions) as Sdl),
    glRendererName() {
      const address: unknown = getProcAddress("glGetString");
      return address ? (koffi.call(address, glGetString, glRenderer) ?? undefined) : undefined;
    },
  };
}

function missing(what: string, cause: unknown): NaliveError {
  return new NaliveError(
    "NALIVE_NO_SDL",
    `Cannot open a window without the library SDL 2 (${what}). Install it: ${installHint(process.platform)}. ` +
      "Or send the pictures to a program: nalive decode … --output -",
    { cause },
  );
}

function installHint(platform: string): string {
  if (platform === "win32") {
    return `put SDL2.dll (https://github.com/libsdl-org/SDL/releases, a 2.x release, ${process.arch}) beside node.exe or on PATH`;
  }
  if (platform === "darwin") return "brew install sdl2";
  return "apt install libsdl2-2.0-0 (Debian, Ubuntu), dnf install SDL2 (Fedora), pacman -S sdl2-compat (Arch)";
}

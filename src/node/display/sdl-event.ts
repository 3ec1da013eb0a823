/** The events of SDL that a window uses. */
export type SdlEvent =
  /** The window must be drawn again: it was uncovered, resized or shown. */
  | { readonly type: "redraw"; readonly windowId: number }
  | { readonly type: "hidden"; readonly windowId: number }
  | { readonly type: "close"; readonly windowId: number }
  /** A key was pressed; repetitions are ignored. `symbol` is SDL's keycode of its label. */
  | { readonly type: "key"; readonly windowId: number; readonly symbol: number }
  /** The desktop asks the program to end. */
  | { readonly type: "quit" }
  /** The graphics device was lost and is back, without its textures. */
  | { readonly type: "device-reset" };

/** Bytes to reserve for `SDL_PollEvent`. The union takes 56 in SDL 2. */
export const sdlEventSize = 128;

/**
 * Reads an `SDL_Event` as SDL_events.h lays it out: the same on all platforms, in the machine's
 * byte order, little-endian.
 */
export function parseSdlEvent(event: DataView): SdlEvent | undefined {
  const windowId = event.getUint32(8, true);
  switch (event.getUint32(0, true)) {
    case 0x100: // SDL_QUIT
      return { type: "quit" };
    case 0x200: // SDL_WINDOWEVENT
      return parseWindowEvent(event.getUint8(12), windowId);
    case 0x300: // SDL_KEYDOWN
      return event.getUint8(13) === 0
        ? { type: "key", windowId, symbol: event.getInt32(20, true) }
        : undefined;
    case 0x2001: // SDL_RENDER_DEVICE_RESET
      return { type: "device-reset" };
    default:
      return undefined;
  }
}

function parseWindowEvent(code: number, windowId: number): SdlEvent | undefined {
  switch (code) {
    case 1: // SDL_WINDOWEVENT_SHOWN
    case 3: // SDL_WINDOWEVENT_EXPOSED
    case 6: // SDL_WINDOWEVENT_SIZE_CHANGED
    case 9: // SDL_WINDOWEVENT_RESTORED
      return { type: "redraw", windowId };
    case 2: // SDL_WINDOWEVENT_HIDDEN
    case 7: // SDL_WINDOWEVENT_MINIMIZED
      return { type: "hidden", windowId };
    case 14: // SDL_WINDOWEVENT_CLOSE
      return { type: "close", windowId };
    default:
      return undefined;
  }
}

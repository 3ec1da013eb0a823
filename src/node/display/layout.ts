import type { Frame } from "../../core/frame.js";

/** Width and height, in pixels or in a desktop's points. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A place in a window, in pixels from the top left corner. */
export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

/**
 * The size at which a picture has square pixels: the height is kept, the width follows the sample
 * aspect ratio.
 */
export function displaySize(frame: Pick<Frame, "width" | "height" | "sampleAspectRatio">): Size {
  const { width, height } = frame.sampleAspectRatio;
  const ratio = width > 0 && height > 0 ? width / height : 1;
  return { width: Math.max(1, Math.round(frame.width * ratio)), height: frame.height };
}

/** The largest size of the same shape inside `bounds`. */
function scaleInto(size: Size, bounds: Size): Size {
  const scale = Math.min(bounds.width / size.width, bounds.height / size.height);
  return {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
}

/** The same size, or if it does not go into `bounds` the largest of the same shape that does. */
export function limit(size: Size, bounds: Size): Size {
  return size.width <= bounds.width && size.height <= bounds.height ? size : scaleInto(size, bounds);
}

/**
 * Where in a window a picture goes: as large as it can be, in the middle, bars at the two other
 * sides.
 */
export function letterbox(size: Size, window: Size): Rectangle {
  const { width, height } = scaleInto(size, window);
  return { x: (window.width - width) >> 1, y: (window.height - height) >> 1, width, height };
}

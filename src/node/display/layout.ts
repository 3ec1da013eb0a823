import type { Frame } from "../../core/frame.js";

/** Width and height, in pixels or in the desktop's points. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A place in a window, in pixels from its top left corner. */
export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

/**
 * The size at which a picture has square pixels. The height stays; the width follows the sample
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

/**
 * The size itself, or if it does not fit into `bounds`, the largest of the same shape that does.
 */
export function limit(size: Size, bounds: Size): Size {
  return size.width <= bounds.width && size.height <= bounds.height ? size : scaleInto(size, bounds);
}

/**
 * The place of a picture in a window: as large as possible, in the middle, with bars on two sides.
 */
export function letterbox(size: Size, window: Size): Rectangle {
  const { width, height } = scaleInto(size, window);
  return { x: (window.width - width) >> 1, y: (window.height - height) >> 1, width, height };
}

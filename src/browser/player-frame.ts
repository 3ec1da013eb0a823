import type { Microseconds } from "../core/time.js";
import type { AccessUnit } from "../h264/access-unit.js";

/** A decoded picture on its way to the canvas. Its holder closes it. */
export interface PlayerFrame {
  /** The browser's frame. */
  readonly image: VideoFrame;
  /** Sequence number of its access unit. */
  readonly sequence: number;
  /** When it is due (`PresentationTime`). */
  readonly timestamp: Microseconds;
  readonly provenance: Pick<AccessUnit, "epoch">;
  close(): void;
}

import type { IssueCode } from "../core/issues.js";
import type { Pacing } from "../live/playout/frame-scheduler.js";
import type { DrawableFrame } from "./painting/canvas-renderer.js";
import type { PictureFigures } from "./picture-log.js";
import type { RelayState } from "./relay/relay-client.js";

/** From the element to the player in its worker. */
export type PlayerCommand =
  | {
      readonly type: "start";
      /** URL of the stream's WebSocket. */
      readonly url: string;
      readonly pacing: Pacing;
    }
  /** The page is done with a frame. `at`: when, ms since the epoch of `performance.timeOrigin`. */
  | {
      readonly type: "frame-done";
      readonly sequence: number;
      readonly outcome: "shown" | "skipped";
      readonly at: number;
    }
  /** Nobody watches. */
  | { readonly type: "pause" }
  /** Somebody watches again: resume at the live edge. */
  | { readonly type: "resume" };

/** From the player to the element. */
export type PlayerEvent =
  /** The tier works here. */
  | { readonly type: "ready"; readonly decoder: string }
  | { readonly type: "state"; readonly state: RelayState }
  /** A frame to draw now, and to answer with `frame-done`. The message transfers the frame. */
  | { readonly type: "frame"; readonly frame: DrawableFrame }
  | { readonly type: "picture"; readonly figures: PictureFigures }
  /** Something was lost or damaged, and pictures may be held back. */
  | { readonly type: "issue"; readonly code: IssueCode; readonly detail: string }
  /** The tier does not work here, or not with this stream. */
  | { readonly type: "useless"; readonly reason: string };

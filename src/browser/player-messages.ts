import type { IssueCode } from "../core/issues.js";
import type { Pacing } from "../live/playout/frame-scheduler.js";
import type { DrawableFrame } from "./painting/canvas-renderer.js";
import type { PictureFigures } from "./picture-log.js";
import type { RelayState } from "./relay/relay-client.js";

/** What the element tells the player in its worker. */
export type PlayerCommand =
  | {
      readonly type: "start";
      /** Of the stream's WebSocket. */
      readonly url: string;
      readonly pacing: Pacing;
    }
  /** What became of a frame, and when on the clock of `performance.timeOrigin`, ms. */
  | {
      readonly type: "frame-done";
      readonly sequence: number;
      readonly outcome: "shown" | "skipped";
      readonly at: number;
    }
  /** Nobody looks. */
  | { readonly type: "pause" }
  /** Somebody looks again: go on at the live edge. */
  | { readonly type: "resume" };

/** What the player tells the element. */
export type PlayerEvent =
  /** It works here: the tier can be used. */
  | { readonly type: "ready"; readonly decoder: string }
  | { readonly type: "state"; readonly state: RelayState }
  /** To be drawn now, and answered with `frame-done`. The frame is given away with the message. */
  | { readonly type: "frame"; readonly frame: DrawableFrame }
  | { readonly type: "picture"; readonly figures: PictureFigures }
  /** Pictures are held back, or something was lost. */
  | { readonly type: "issue"; readonly code: IssueCode; readonly detail: string }
  /** This tier does not work here, or not with this stream. */
  | { readonly type: "useless"; readonly reason: string };

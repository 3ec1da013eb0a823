import type { IssueCode } from "../core/issues.js";
import type { Pacing } from "../live/frame-scheduler.js";
import type { PictureFigures } from "./picture-log.js";
import type { RelayState } from "./relay-client.js";

/** What the element tells the player in its worker. */
export type PlayerCommand =
  | {
      readonly type: "start";
      /** Of the stream's WebSocket. */
      readonly url: string;
      readonly pacing: Pacing;
      readonly canvas: OffscreenCanvas;
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
  | { readonly type: "resize"; readonly width: number; readonly height: number }
  | { readonly type: "picture"; readonly figures: PictureFigures }
  /** Pictures are held back, or something was lost. */
  | { readonly type: "issue"; readonly code: IssueCode; readonly detail: string }
  /** This tier does not work here, or not with this stream. */
  | { readonly type: "useless"; readonly reason: string };

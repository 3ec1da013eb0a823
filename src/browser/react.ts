/**
 * The player for React 19: importing this defines `<nalive-player>`, as `nalive/player` does, and
 * makes it known to JSX.
 */
import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { Pacing } from "../live/playout/frame-scheduler.js";
import type { NalivePlayerElement, PlayerEventMap } from "./player-element.js";
import type { TierName } from "./tier.js";

export * from "./index.js";

/**
 * The props of `<nalive-player>` in JSX: its attributes, its events as React 19 names the listeners
 * of custom elements, and the props of every element.
 */
export interface NalivePlayerProps
  extends DetailedHTMLProps<HTMLAttributes<NalivePlayerElement>, NalivePlayerElement> {
  /** The stream's WebSocket; `http(s)` and relative addresses work as well. */
  src: string;
  /** `asap`, the default, or `smooth`: evenly, for a little more delay. */
  pace?: Pacing | undefined;
  /** The first tier to try. */
  tier?: TierName | undefined;
  /** Address of the player's worker, for pages that take no worker from inside a script. */
  worker?: string | undefined;
  /** A picture was drawn, skipped or held back. */
  onpicture?: ((event: PlayerEventMap["picture"]) => void) | undefined;
  /** The player uses its first tier, or another one. */
  ontier?: ((event: PlayerEventMap["tier"]) => void) | undefined;
  /** The connection's state changed. */
  onstate?: ((event: PlayerEventMap["state"]) => void) | undefined;
  /** Pictures are held back because something was lost or is damaged. */
  onheld?: ((event: PlayerEventMap["held"]) => void) | undefined;
  /** No tier works here. */
  onerror?: ((event: PlayerEventMap["error"]) => void) | undefined;
}

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "nalive-player": NalivePlayerProps;
    }
  }
}

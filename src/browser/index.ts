/**
 * The player for browsers: importing this defines `<nalive-player>` (docs/player.md). On a server
 * that renders the page the import does nothing.
 */
import { NalivePlayerElement } from "./player-element.js";

export type { DelaySummary } from "../live/playout/delay-recorder.js";
export type { Pacing } from "../live/playout/frame-scheduler.js";
export type { PictureFigures, PictureOutcome } from "./picture-log.js";
export {
  type HeldPicture,
  NalivePlayerElement,
  type PlayerError,
  type PlayerEventMap,
  type TierInUse,
} from "./player-element.js";
export type { PlayerStatistics, StageDelays } from "./player-statistics.js";
export type { RelayState } from "./relay/relay-client.js";
export type { TierName } from "./tier.js";

if (globalThis.customElements && !customElements.get("nalive-player")) {
  customElements.define("nalive-player", NalivePlayerElement);
}

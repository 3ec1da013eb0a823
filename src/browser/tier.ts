import type { Pacing } from "../live/playout/frame-scheduler.js";
import type { PictureFigures } from "./picture-log.js";
import type { RelayState } from "./relay/relay-client.js";

/**
 * A way of showing pictures: WebCodecs, Media Source Extensions with fragmented MP4, JPEGs decoded
 * by the server.
 */
export type TierName = "webcodecs" | "mse" | "mjpeg";

/** Where a stream is, and how to show it. */
export interface TierOptions {
  /** Of the stream's WebSocket: `ws://host:port/streams/NAME/ws`. */
  readonly url: string;
  readonly pacing: Pacing;
}

/** What a tier tells. */
export interface TierEvents {
  /** It can be used here; `how` says more for who asks. */
  readonly onWorks: (how: string) => void;
  /** It cannot be used here, or not with this stream: the next tier's turn. */
  readonly onFails: (reason: string) => void;
  readonly onState: (state: RelayState) => void;
  /** Pictures have another size. */
  readonly onResize: (width: number, height: number) => void;
  /** A picture is there, of which no figures are known. */
  readonly onFirstPicture: () => void;
  readonly onPicture: (figures: PictureFigures) => void;
  /** Something was lost, or held back. */
  readonly onIssue: (code: string, detail: string) => void;
}

/** A tier that shows a stream in an element of its own. */
export interface Tier {
  /** The element that shows the pictures. */
  readonly media: HTMLElement;
  /** Nobody looks: nothing is received. */
  pause(): void;
  /** Goes on at the live edge. */
  resume(): void;
  /** Gives everything back. */
  close(): void;
}

/** Makes a tier; it begins at once. */
export type MakeTier = (options: TierOptions, events: TierEvents) => Tier;

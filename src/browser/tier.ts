import type { Pacing } from "../live/playout/frame-scheduler.js";
import type { PictureFigures } from "./picture-log.js";
import type { RelayState } from "./relay/relay-client.js";

/**
 * A way of showing pictures: WebCodecs, Media Source Extensions with fragmented MP4, or JPEGs made
 * by the server.
 */
export type TierName = "webcodecs" | "mse" | "mjpeg";

/** The address of a stream, and how to show it. */
export interface TierOptions {
  /** Address of the stream's WebSocket: `ws://host:port/streams/NAME/ws`. */
  readonly url: string;
  readonly pacing: Pacing;
  /** Address of the player's worker. Default: the worker inside the player's script. */
  readonly worker?: string;
}

/** The events of a tier. */
export interface TierEvents {
  /** The tier works here; `how` is a sentence for a person. */
  readonly onWorks: (how: string) => void;
  /** The tier does not work here, or not with this stream: the player tries the next one. */
  readonly onFails: (reason: string) => void;
  readonly onState: (state: RelayState) => void;
  /** The pictures have a new size. */
  readonly onResize: (width: number, height: number) => void;
  /** The tier shows a picture and knows no figures of it. */
  readonly onFirstPicture: () => void;
  readonly onPicture: (figures: PictureFigures) => void;
  /** Something was lost, or pictures are held back. */
  readonly onIssue: (code: string, detail: string) => void;
}

/** A tier at work. It shows a stream in its own element. */
export interface Tier {
  /** The element that shows the pictures. */
  readonly media: HTMLElement;
  /** Stops receiving, because nobody watches. */
  pause(): void;
  /** Resumes at the live edge. */
  resume(): void;
  /** Frees everything. */
  close(): void;
}

/** Makes a tier, which starts at once. */
export type MakeTier = (options: TierOptions, events: TierEvents) => Tier;

import type { ErrorCode } from "../../core/errors.js";
import type { IssueCode, IssueCount } from "../../core/issues.js";
import type { PictureEndStatistics } from "../../h264/access-units/picture-end.js";
import type { LeftOut } from "../../live/decoding/left-out.js";
import type { DecodingProcessStatistics } from "../decode/stream-decoders.js";
import type { SourceState } from "../source/source.js";
import type { SentFrame } from "./frame-outlet.js";
import type { StreamOptions } from "./stream-options.js";

/** What the engine's thread is started with. */
export interface EngineStart {
  /** A source URL, or undefined when the bytes come by `write` messages. */
  readonly url: string | undefined;
  readonly options: StreamOptions;
  /** Shared state of the frame slots. */
  readonly control: SharedArrayBuffer;
  /** Shared counts, of a `MessageBacklog` each. */
  readonly backlogs: { readonly frame: SharedArrayBuffer; readonly issue: SharedArrayBuffer };
}

/** From the user's thread to the engine's. */
export type EngineCommand =
  | {
      readonly type: "write";
      readonly data: Uint8Array;
      readonly receivedAt: number;
      readonly isMessage: boolean;
    }
  /** No more bytes: what was written is complete. `failure` is why there are no more, if it was not the end. */
  | {
      readonly type: "end";
      readonly failure: { readonly code: ErrorCode; readonly message: string } | undefined;
    }
  /** A waiting frame was taken or given back. */
  | { readonly type: "room" }
  | { readonly type: "statistics"; readonly id: number }
  | { readonly type: "stop" };

/** From the engine's thread to the user's. */
export type EngineEvent =
  /** The first: it runs. `canRestart`: should it die, another may take its place. */
  | { readonly type: "started"; readonly canRestart: boolean }
  | { readonly type: "frame"; readonly frame: SentFrame }
  | { readonly type: "state"; readonly state: SourceState }
  | { readonly type: "issue"; readonly code: IssueCode; readonly detail: string }
  /** Pictures are held back until the sender gives a key frame; told at a bounded rate. */
  | { readonly type: "key-frame-needed"; readonly reason: IssueCode }
  | { readonly type: "statistics"; readonly id: number; readonly statistics: EngineStatistics }
  /** That many bytes of `write` were taken in. */
  | { readonly type: "taken"; readonly bytes: number }
  /** The last one. `code` is the reason's, which structured cloning drops. */
  | {
      readonly type: "closed";
      readonly reason: Error | undefined;
      readonly code: string | undefined;
      readonly statistics: EngineStatistics | undefined;
    };

/** What was counted since the stream was opened. */
export interface EngineStatistics {
  /** Bytes received. */
  readonly receivedBytes: number;
  /** Access units received. */
  readonly accessUnits: number;
  /** Whole pictures decoded. */
  readonly pictures: number;
  /** Frames that a newer one replaced before they were taken. */
  readonly replaced: number;
  /** Access units dropped because decoding was behind: the last three of `leftOut`. */
  readonly droppedLate: number;
  /** What was left out because decoding was behind, by the rung of the load ladder. */
  readonly leftOut: LeftOut & {
    /** Pictures decoded and not converted, because a newer one was there before anybody could have seen them. */
    readonly conversions: number;
  };
  /** Access units that wait to be decoded. */
  readonly waiting: number;
  /** Guessed picture ends that were wrong and healed by decoding again. */
  readonly healed: number;
  /** The process that decodes, with `isolation: "process"`. */
  readonly decodingProcess: DecodingProcessStatistics | undefined;
  /** How the ends of pictures were told. */
  readonly pictureEnds: PictureEndStatistics;
  /** Damage and oddities, by code. */
  readonly issues: readonly IssueCount[];
}

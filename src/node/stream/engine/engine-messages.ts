import type { ErrorCode } from "../../../core/errors.js";
import type { IssueCode } from "../../../core/issues.js";
import type { SourceState } from "../../source/source.js";
import type { SentFrame } from "../frames/frame-outlet.js";
import type { CompleteStreamOptions } from "../stream-options.js";
import type { StreamStatistics } from "../stream-statistics.js";

/** What the engine's thread is started with. */
export interface EngineStart {
  /** A source URL, or undefined when the bytes come by `write` messages. */
  readonly url: string | undefined;
  readonly options: CompleteStreamOptions;
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
  /**
   * No more bytes: what was written is complete. `failure` is why there are no more, if it was not
   * the end.
   */
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
  | { readonly type: "statistics"; readonly id: number; readonly statistics: StreamStatistics }
  /** That many bytes of `write` were taken in. */
  | { readonly type: "taken"; readonly bytes: number }
  /** The last one. `code` is the reason's, which structured cloning drops. */
  | {
      readonly type: "closed";
      readonly reason: Error | undefined;
      readonly code: string | undefined;
      readonly statistics: StreamStatistics | undefined;
    };

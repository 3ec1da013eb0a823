import type { ErrorCode } from "../../../core/errors.js";
import type { IssueCode } from "../../../core/issues.js";
import type { SourceState } from "../../source/source.js";
import type { SentFrame } from "../frames/frame-outlet.js";
import type { CompleteStreamOptions } from "../stream-options.js";
import type { StreamStatistics } from "../stream-statistics.js";

/** The data that the engine's thread starts with. */
export interface EngineStart {
  /** A source URL, or undefined when `write` messages bring the bytes. */
  readonly url: string | undefined;
  readonly options: CompleteStreamOptions;
  /** Shared state of the frame slots. */
  readonly control: SharedArrayBuffer;
  /** The shared memory of two `MessageBacklog`s. */
  readonly backlogs: { readonly frame: SharedArrayBuffer; readonly issue: SharedArrayBuffer };
}

/** A message from the program's thread to the engine's. */
export type EngineCommand =
  | {
      readonly type: "write";
      readonly data: Uint8Array;
      readonly receivedAt: number;
      readonly isMessage: boolean;
    }
  /** No more bytes follow; `failure` says why, when that is an error. */
  | {
      readonly type: "end";
      readonly failure: { readonly code: ErrorCode; readonly message: string } | undefined;
    }
  /** The program has taken or given back a frame. */
  | { readonly type: "room" }
  | { readonly type: "statistics"; readonly id: number }
  | { readonly type: "stop" };

/** A message from the engine's thread to the program's. */
export type EngineEvent =
  /** The first one. `canRestart`: another thread can replace this one when it dies. */
  | { readonly type: "started"; readonly canRestart: boolean }
  | { readonly type: "frame"; readonly frame: SentFrame }
  | { readonly type: "state"; readonly state: SourceState }
  | { readonly type: "issue"; readonly code: IssueCode; readonly detail: string }
  /** Pictures are held back until the sender sends a key frame. Sent at a bounded rate. */
  | { readonly type: "key-frame-needed"; readonly reason: IssueCode }
  | { readonly type: "statistics"; readonly id: number; readonly statistics: StreamStatistics }
  /** The engine has consumed this many bytes of `write`. */
  | { readonly type: "consumed"; readonly bytes: number }
  /** The last one. `code` belongs to `reason`: structured cloning would drop it. */
  | {
      readonly type: "closed";
      readonly reason: Error | undefined;
      readonly code: string | undefined;
      readonly statistics: StreamStatistics | undefined;
    };

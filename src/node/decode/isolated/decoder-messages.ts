import type { IssueCode } from "../../../core/issues.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import type { PictureDescription } from "../output-picture.js";
import type { DecoderSettings } from "../stream-decoders.js";

/** File descriptors that a decoding process inherits. */
export const inherited = { link: 3, memory: 4 } as const;

/** The first message to a decoding process. */
export interface DecoderStart extends DecoderSettings {
  /** Sequence numbers of pictures that earlier processes have output. */
  readonly outputHistory: readonly number[];
  /**
   * Pictures since the last IDR picture or recovery point that earlier processes saw; infinite when
   * they saw none.
   */
  readonly sinceMarkedStart: number;
}

/**
 * To a decoding process. `start` is the first; each of the others follows the reply to the one
 * before.
 */
export type DecoderCommand =
  | { readonly type: "start"; readonly start: DecoderStart }
  | (DecoderTask & {
      /** Number of the decoder, which the process creates on first use. */
      readonly decoder: number;
      readonly muted: boolean;
    });

/** A call of a method of `Decoder`. */
export type DecoderTask =
  | { readonly type: "push"; readonly unit: AccessUnit }
  | { readonly type: "confirmEnd" }
  | { readonly type: "reset" }
  | { readonly type: "flush" };

/** From a decoding process: one per command. The next command overwrites the pictures in memory. */
export type DecoderReply =
  | { readonly type: "done"; readonly events: readonly DecoderEvent[] }
  /** The process cannot decode and ends. */
  | { readonly type: "failed"; readonly message: string };

/** What a command led to, in order. */
export type DecoderEvent =
  | {
      readonly type: "picture";
      readonly description: PictureDescription;
      /** Where the samples lie in the shared memory. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly code: IssueCode; readonly detail: string };

import type { IssueCode } from "../../../core/issues.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import type { PictureDescription } from "../output-picture.js";
import type { DecoderSettings } from "../stream-decoders.js";

/** File descriptors that a decoding process is born with. */
export const inherited = { link: 3, memory: 4 } as const;

/** What a decoding process is told first. */
export interface DecoderStart extends DecoderSettings {
  /** Sequence numbers of pictures that an earlier process has given out. */
  readonly outputHistory: readonly number[];
  /** Pictures since the last IDR or recovery point that an earlier process has seen; infinite when it saw none. */
  readonly sinceMarkedStart: number;
}

/** To a decoding process. The first is `start`; each of the others comes after the reply to the one before. */
export type DecoderCommand =
  | { readonly type: "start"; readonly start: DecoderStart }
  | (DecoderTask & {
      /** Which of its decoders; it makes as many as are named. */
      readonly decoder: number;
      readonly muted: boolean;
    });

/** What a decoder is told to do: the verbs of `Decoder`. */
export type DecoderTask =
  | { readonly type: "push"; readonly unit: AccessUnit }
  | { readonly type: "confirmEnd" }
  | { readonly type: "reset" }
  | { readonly type: "flush" };

/** From a decoding process: one for each command, and before it is taken from memory by the next. */
export type DecoderReply =
  | { readonly type: "done"; readonly events: readonly DecoderEvent[] }
  /** It cannot decode, and ends. */
  | { readonly type: "failed"; readonly message: string };

/** What came of a command, in order. */
export type DecoderEvent =
  | {
      readonly type: "picture";
      readonly description: PictureDescription;
      /** Where its samples lie in the memory of both processes. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly code: IssueCode; readonly detail: string };

import type { IssueCode } from "../../src/core/issues.js";
import type { AccessUnit } from "../../src/h264/access-unit.js";
import type { Decoder } from "../../src/live/decoding/decoder.js";

/** What is done with a decoder, in this order. */
export type Step =
  | { readonly push: AccessUnit }
  /** Waits until the decoder has output all that it can. */
  | "idle"
  | "confirmEnd"
  | "reset"
  | "flush"
  /** With the reason "the sender is gone". Nothing is pushed afterwards. */
  | "close";

/** A picture that a decoder output. */
export interface GivenPicture {
  readonly sequence: number;
  /** Of the access unit with its last byte. */
  readonly lastSequence: number;
  /** `PresentationTime` of a live stream. */
  readonly timestamp: number;
  /** SHA-1 of its samples: Y, U and V of 8 bits, without padding. */
  readonly digest: string;
}

/** What the steps led to. */
export interface Outcome {
  readonly given: readonly GivenPicture[];
  /** How many were output at each `idle`. */
  readonly givenWhenIdle: readonly number[];
  readonly issues: readonly { readonly code: IssueCode; readonly count: number }[];
  /** The messages of the reasons with which the decoder closed its sink. */
  readonly closes: readonly (string | undefined)[];
}

/** Why decoders are closed here. */
export const reason = new Error("the sender is gone");

/**
 * @param idle resolves when the decoder has output all that it can
 * @param given how many pictures it has output
 * @returns `Outcome.givenWhenIdle`
 */
export async function runSteps(
  steps: readonly Step[],
  decoder: Decoder,
  idle: () => Promise<void>,
  given: () => number,
): Promise<number[]> {
  const givenWhenIdle: number[] = [];
  for (const step of steps) {
    if (typeof step === "object") decoder.push(step.push);
    else if (step === "close") decoder.close(reason);
    else if (step !== "idle") decoder[step]();
    else {
      await idle();
      givenWhenIdle.push(given());
    }
  }
  return givenWhenIdle;
}

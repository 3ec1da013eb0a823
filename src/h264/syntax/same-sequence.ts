import type { SequenceParameterSet } from "./sequence-parameter-set.js";

/**
 * Syntax elements on which no decoded sample depends, and what follows from them. Cropping and VUI
 * matter to display, the level and max_dec_frame_buffering to output order.
 */
const besideDecoding: ReadonlySet<string> = new Set([
  "constraintSetFlags",
  "levelIdc",
  "frameCrop",
  "vui",
  "width",
  "height",
  "crop",
  "warnings",
]);

/** True if slices decode to the same samples with either of two SPSs of one id. */
export function decodesAlike(one: SequenceParameterSet, other: SequenceParameterSet): boolean {
  return written(one, besideDecoding) === written(other, besideDecoding);
}

const id: ReadonlySet<string> = new Set(["seqParameterSetId"]);

/** True if two SPSs differ in their ids at most. */
export function isSameSequence(one: SequenceParameterSet, other: SequenceParameterSet): boolean {
  return written(one, id) === written(other, id);
}

function written(sps: SequenceParameterSet, without: ReadonlySet<string>): string {
  return JSON.stringify(sps, (name, value: unknown) => (without.has(name) ? undefined : value));
}

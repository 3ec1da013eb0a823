import type { CodedSlices } from "./coded-slices.js";

/** What a correction shares with the access unit that it replaces. */
export interface GivenOut {
  readonly sequence: number;
  readonly discontinuity: boolean;
}

/** The state of the picture that is coming in. */
export type PictureInHand =
  /** No slice has come, but NAL units that precede the next picture may have. */
  | { readonly kind: "nothing" }
  /** No access unit given out holds any of the slices. */
  | { readonly kind: "coming"; readonly slices: CodedSlices }
  /** Given out on a guess, and no more of it has come. */
  | { readonly kind: "given-out"; readonly slices: CodedSlices; readonly given: GivenOut }
  /** More came after the guess, so the whole picture will be given out again. */
  | { readonly kind: "correcting"; readonly slices: CodedSlices; readonly given: GivenOut };

/** No slice has come. */
export const nothingInHand: PictureInHand = { kind: "nothing" };

/** A picture with slices that no access unit given out holds. */
export type UnfinishedPicture = Extract<PictureInHand, { readonly kind: "coming" | "correcting" }>;

/** True for a picture with slices that no access unit given out holds. */
export function isUnfinished(picture: PictureInHand): picture is UnfinishedPicture {
  return picture.kind === "coming" || picture.kind === "correcting";
}

/** Where one access unit ended and the next began, as offsets in the stream. */
export interface Boundary {
  /** After the last byte of the last NAL unit before it. */
  readonly end: number;
  /** Header byte of the first NAL unit after it. */
  readonly start: number;
}

/** Hears what becomes of the picture in hand, within the call that shows it. */
export interface PictureListener {
  /** The picture in hand changed its state. `correcting` means that the guess was wrong. */
  pictureInHand(picture: PictureInHand): void;
  /** The next access unit has begun. */
  boundary(boundary: Boundary): void;
}

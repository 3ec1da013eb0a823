/** Formats of snapshots. */
export type ImageFormat = "jpeg" | "png";

/** Messages to the thread that decodes a stream into images. */
export type PictureCommand =
  /** An access unit message, as sent to viewers. */
  | { readonly type: "unit"; readonly message: Uint8Array }
  /** No more access units come: the last pictures are decoded, too. */
  | { readonly type: "flush" }
  /** Starts or stops encoding every new picture as JPEG. */
  | { readonly type: "every"; readonly isWanted: boolean }
  /** Asks once for the newest whole picture; the answer comes when the decoder has caught up. */
  | { readonly type: "one"; readonly id: number; readonly format: ImageFormat }
  /** Frees everything, so that the thread exits once FFmpeg has returned. */
  | { readonly type: "end" };

/** Messages from that thread. */
export type PictureEvent =
  | { readonly type: "picture"; readonly image: Uint8Array }
  | { readonly type: "one"; readonly id: number; readonly image: Uint8Array };

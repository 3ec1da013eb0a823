/** What a snapshot can be. */
export type ImageFormat = "jpeg" | "png";

/** To the thread that decodes a stream for those who want images. */
export type PictureCommand =
  /** An access unit message, as viewers get it. */
  | { readonly type: "unit"; readonly message: Uint8Array }
  /** Whether each new picture is wanted as JPEG. */
  | { readonly type: "every"; readonly isWanted: boolean }
  /** The newest whole picture is wanted once; answered as soon as the decoder is level with the stream. */
  | { readonly type: "one"; readonly id: number; readonly format: ImageFormat }
  /** Nothing more is wanted: the thread ends by itself, once FFmpeg has returned. */
  | { readonly type: "end" };

/** From that thread. */
export type PictureEvent =
  | { readonly type: "picture"; readonly image: Uint8Array }
  | { readonly type: "one"; readonly id: number; readonly image: Uint8Array };

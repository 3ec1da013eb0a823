import type { Microseconds } from "./time.js";

/** What a frame's samples can be converted to. `native` is what the stream holds: planes in order, cropped, no padding, 16-bit little-endian above 8 bits. */
export type FrameFormat = "bgr24" | "rgb24" | "rgba" | "gray8" | "yuv420p" | "native";

/** The formats that can be asked for, in the order in which help shows them. */
export const frameFormats: readonly FrameFormat[] = ["bgr24", "rgb24", "rgba", "gray8", "yuv420p", "native"];

/** One plane inside `Frame.data`. Rows lie `stride` bytes apart, without padding. */
export interface Plane {
  /** Byte offset of the first row in `Frame.data`. */
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Rows. */
  readonly height: number;
}

/** Where a frame came from: the coded picture and its times. All times are µs on the process's monotonic clock. */
export interface Provenance {
  /** Number of the access unit in decoding order, from 0, never reused within a stream. */
  readonly sequence: number;
  /** Number of the sender's connection, from 0. */
  readonly epoch: number;
  /** PicOrderCnt of the picture (8.2.1). */
  readonly pictureOrderCount: number;
  /** I, P or B: the most general slice type in the picture. */
  readonly pictureType: "I" | "P" | "B";
  /** True for IDR pictures and recovery points. */
  readonly randomAccess: boolean;
  /** Size of the access unit in bytes. */
  readonly codedSize: number;
  /**
   * True when it was decoded without the loop filter because decoding was late (`StreamOptions.skipLoopFilter`): block
   * edges may show. No other picture refers to it.
   */
  readonly unfiltered: boolean;
  /** When the first byte of the access unit was received. */
  readonly firstByteAt: Microseconds;
  /** When its last byte was received. */
  readonly lastByteAt: Microseconds;
  /** When it was known to be complete. */
  readonly completeAt: Microseconds;
  /** When the decoder gave the picture out; it is converted after that. */
  readonly decodedAt: Microseconds;
}

/** Colour as the stream declares it, numbers of ITU-T H.273; the conversion to RGB has taken it into account. */
export interface ColorDescription {
  /** matrix_coefficients; 2 is unspecified, taken as BT.601, as FFmpeg, OpenCV and PyAV do. */
  readonly matrixCoefficients: number;
  /** colour_primaries; 2 is unspecified. */
  readonly colorPrimaries: number;
  /** transfer_characteristics; 2 is unspecified. */
  readonly transferCharacteristics: number;
  /** True when luma uses all values (0 to 255 with 8 bits), false when 16 to 235. */
  readonly fullRange: boolean;
}

/** A decoded picture. */
export interface Frame {
  /** The layout of the samples: the format asked for, or for `native` FFmpeg's name of it, such as `yuv420p10le`. */
  readonly pixelFormat: string;
  /** Width in pixels, after cropping. */
  readonly width: number;
  /** Height in pixels, after cropping. */
  readonly height: number;
  /** Bytes from one row to the next in the first plane. There is no padding. */
  readonly stride: number;
  /** All planes, one after the other. Reading it after `close()` throws `NALIVE_FRAME_CLOSED`. */
  readonly data: Uint8Array;
  /** Layout of `data`. Packed formats have one plane. */
  readonly planes: readonly Plane[];
  /** Sample aspect ratio, width to height of one sample; 1:1 when the stream does not say. */
  readonly sampleAspectRatio: { readonly width: number; readonly height: number };
  /** When the picture is due, µs: from the sender's timing where there is one, else from arrival and the SPS's picture rate. */
  readonly timestamp: Microseconds;
  /** Nominal time to the next picture by the SPS's timing, µs; undefined when it does not say. */
  readonly duration: Microseconds | undefined;
  /** What the stream says of its colours; RGB formats are converted by it already. */
  readonly color: ColorDescription;
  /** Which coded picture this is, and when it arrived, was complete and was decoded. */
  readonly provenance: Provenance;
  /** A copy with memory of its own, that stays valid after `close()`. */
  clone(): Frame;
  /** Gives the memory back to be used for a later frame. Calling it again does nothing. */
  close(): void;
}

/// <reference lib="esnext.disposable" preserve="true" />
import type { Microseconds } from "./time.js";

/**
 * The layouts that a frame's samples can be converted to. `native` keeps the stream's own samples:
 * its planes one after the other, cropped, without padding, 16-bit little-endian above 8 bits.
 */
export type FrameFormat = "bgr24" | "rgb24" | "rgba" | "gray8" | "yuv420p" | "native";

/** Every `FrameFormat`, in the order in which help shows them. */
export const frameFormats: readonly FrameFormat[] = ["bgr24", "rgb24", "rgba", "gray8", "yuv420p", "native"];

/** One plane inside `Frame.data`. Its rows have no padding. */
export interface Plane {
  /** Byte offset of the first row in `Frame.data`. */
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Rows. */
  readonly height: number;
}

/**
 * Which coded picture a frame is, and when it passed each stage. All times are µs on the process's
 * monotonic clock, the one that `process.hrtime()` reads.
 */
export interface Provenance {
  /** Number of the access unit in decoding order: from 0, never reused within a stream. */
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
   * True when the decoder skipped the loop filter because decoding was behind
   * (`StreamOptions.skipLoopFilter`): block edges may show. No other picture refers to this one.
   */
  readonly unfiltered: boolean;
  /** When the first byte of the access unit arrived. */
  readonly firstByteAt: Microseconds;
  /** When its last byte arrived. */
  readonly lastByteAt: Microseconds;
  /** When nalive knew that the access unit was complete. */
  readonly completeAt: Microseconds;
  /** When the decoder gave out the picture; conversion follows. */
  readonly decodedAt: Microseconds;
}

/**
 * Colour as the stream declares it, in the code points of ITU-T H.273. Conversion to RGB follows
 * it.
 */
export interface ColorDescription {
  /** matrix_coefficients. 2 is unspecified and treated as BT.601, as FFmpeg, OpenCV and PyAV do. */
  readonly matrixCoefficients: number;
  /** colour_primaries; 2 is unspecified. */
  readonly colorPrimaries: number;
  /** transfer_characteristics; 2 is unspecified. */
  readonly transferCharacteristics: number;
  /** True when luma uses all values (0 to 255 with 8 bits), false when 16 to 235. */
  readonly fullRange: boolean;
}

/**
 * A decoded picture.
 *
 * A frame lies in one of the stream's slots. Iteration closes it when the program asks for the next
 * one; a frame from `read()` or a stream of frames belongs to the program, which closes it. Closing
 * (or `using`) gives the slot back at once. After that `data` and `clone()` throw
 * `NALIVE_FRAME_CLOSED`; everything else stays readable.
 */
export interface Frame extends Disposable {
  /**
   * Layout of the samples: the requested format, or for `native` FFmpeg's name, such as
   * `yuv420p10le`.
   */
  readonly pixelFormat: string;
  /** Width in pixels, after cropping. */
  readonly width: number;
  /** Height in pixels, after cropping. */
  readonly height: number;
  /** Bytes from one row to the next in the first plane. Rows have no padding. */
  readonly stride: number;
  /**
   * All planes, one after the other, in shared memory. Valid until the frame is closed.
   * @throws NaliveError `NALIVE_FRAME_CLOSED` after `close()`
   */
  readonly data: Uint8Array;
  /** Layout of `data`. Packed formats have one plane. */
  readonly planes: readonly Plane[];
  /** Sample aspect ratio: width to height of one sample; 1:1 when the stream does not say. */
  readonly sampleAspectRatio: { readonly width: number; readonly height: number };
  /**
   * Presentation time in µs, from the sender's timing where the stream has it, else from arrival
   * and the SPS's picture rate. Comparable within a stream only.
   */
  readonly timestamp: Microseconds;
  /**
   * Nominal time to the next picture by the SPS's timing, µs; undefined when the SPS does not say.
   */
  readonly duration: Microseconds | undefined;
  /** Colour as the stream declares it; RGB formats are converted by it already. */
  readonly color: ColorDescription;
  /** Which coded picture this is, and when it arrived, was complete and was decoded. */
  readonly provenance: Provenance;
  /**
   * Copies the frame into new memory, which stays valid when this frame is closed.
   * @throws NaliveError `NALIVE_FRAME_CLOSED` after `close()`
   */
  clone(): Frame;
  /** Gives the slot back for a later frame. Later calls do nothing. */
  close(): void;
  /** The same as `close()`, for `using frame = …`. */
  [Symbol.dispose](): void;
}

import { DecodeError } from "../../../core/errors.js";
import {
  AV_CODEC_FLAG_OUTPUT_CORRUPT,
  AV_CODEC_FLAG_UNALIGNED,
  AV_CODEC_ID_H264,
  AV_LOG_QUIET,
  AvFrame,
  Codec,
  CodecContext,
  FF_EC_FAVOR_INTER,
  Log,
} from "../../ffmpeg.js";

/** An end-of-sequence NAL unit alone in a packet makes FFmpeg's decoder give out the picture that waits, and keep its references. */
export const endOfSequence = Buffer.from([0, 0, 1, 0x0a]);

/** The time stamp of made-up pictures, which are not given out. */
export const noPicture = -1n;

/** More than ever wait: FFmpeg gives out no picture by itself. One more than this and an assertion ends the process. */
const neverUnasked = 16;

/** How a decoder is opened. */
export interface ContextOptions {
  /** Slice threads. Default 1. */
  readonly threads?: number | undefined;
  /** False for pictures as they are coded, with what cropping hides. Default true. */
  readonly crop?: boolean;
  /** Damaged pictures are looked at: guess what is missing. Default false. */
  readonly concealDamage?: boolean;
}

/**
 * Opens FFmpeg's H.264 decoder so that it gives out each picture when it is asked to.
 *
 * @throws DecodeError when FFmpeg has no H.264 decoder or cannot open it
 */
export function openContext(options: ContextOptions = {}): CodecContext {
  const { threads = 1, crop = true, concealDamage = false } = options;
  Log.setLevel(AV_LOG_QUIET);
  const codec = Codec.findDecoder(AV_CODEC_ID_H264);
  if (!codec) throw new DecodeError("NALIVE_DECODE", "this build of FFmpeg has no H.264 decoder");
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = threads;
  context.setFlags(AV_CODEC_FLAG_OUTPUT_CORRUPT, AV_CODEC_FLAG_UNALIGNED);
  context.setOption("thread_type", "slice");
  context.setOption("has_b_frames", neverUnasked);
  // CAVLC slices that end before their data do are damaged: bytes before the end were lost.
  context.setOption("err_detect", "aggressive");
  // Without concealment FFmpeg does not look for missing macroblocks. This is the least of it: they are copied from the picture
  // before. Guessing their motion vectors and smoothing their edges takes up to six times as long as decoding the picture.
  if (!concealDamage) context.setOption("ec", FF_EC_FAVOR_INTER);
  if (!crop) context.setOption("apply_cropping", 0);
  const result = context.open2Sync(codec);
  if (result < 0) throw new DecodeError("NALIVE_DECODE", `FFmpeg's H.264 decoder did not open (${result})`);
  return context;
}

/** A frame of FFmpeg's without a picture. */
export function newFrame(): AvFrame {
  const avFrame = new AvFrame();
  avFrame.alloc();
  return avFrame;
}

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

/**
 * A packet with only an end of sequence NAL unit: FFmpeg's decoder outputs the waiting picture and
 * keeps its references.
 */
export const endOfSequence = Buffer.from([0, 0, 1, 0x0a]);

/** The timestamp of made-up pictures, which are not output. */
export const noPicture = -1n;

/**
 * More than ever wait, so that FFmpeg outputs no picture unasked. With one more, an assertion ends
 * the process.
 */
const neverUnasked = 16;

/** Options of a decoder. */
export interface ContextOptions {
  /** Slice threads. Default 1. */
  readonly threads?: number | undefined;
  /** False to keep what the SPS crops. Default true. */
  readonly crop?: boolean;
  /** Guess what is missing, because damaged pictures are shown. Default false. */
  readonly concealDamage?: boolean;
}

/**
 * Opens FFmpeg's H.264 decoder so that it outputs each picture on request.
 *
 * @throws DecodeError when FFmpeg has no H.264 decoder or cannot open it
 */
export function openContext(options: ContextOptions = {}): CodecContext {
  const { threads = 1, crop = true, concealDamage = false } = options;
  Log.setLevel(AV_LOG_QUIET);
  const codec = Codec.findDecoder(AV_CODEC_ID_H264);
  if (!codec)
    throw new DecodeError(
      "NALIVE_DECODE",
      "This build of FFmpeg has no H.264 decoder. Use a build with the decoder h264.",
    );
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = threads;
  context.setFlags(AV_CODEC_FLAG_OUTPUT_CORRUPT, AV_CODEC_FLAG_UNALIGNED);
  context.setOption("thread_type", "slice");
  context.setOption("has_b_frames", neverUnasked);
  // Reports CAVLC slices that end before their data do: bytes before the end were lost.
  context.setOption("err_detect", "aggressive");
  // FFmpeg only looks for missing macroblocks if it conceals them. This is the cheapest way: it
  // copies them from the previous picture. Guessing motion vectors and smoothing edges takes up to
  // six times as long as decoding the picture.
  if (!concealDamage) context.setOption("ec", FF_EC_FAVOR_INTER);
  if (!crop) context.setOption("apply_cropping", 0);
  const result = context.open2Sync(codec);
  if (result < 0)
    throw new DecodeError(
      "NALIVE_DECODE",
      `FFmpeg's H.264 decoder did not open (error ${result}). Free memory, or try another build.`,
    );
  return context;
}

/** An empty frame of FFmpeg. */
export function newFrame(): AvFrame {
  const avFrame = new AvFrame();
  avFrame.alloc();
  return avFrame;
}

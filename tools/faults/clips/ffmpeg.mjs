// What the suite uses of FFmpeg beside the package: an encoder, and a plain decoder as the reference.
import {
  AV_CODEC_ID_H264,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUV444P10LE,
} from "node-av/constants";
import { Codec, CodecContext, FFmpegError, Frame, Log, Packet, Rational } from "node-av/lib";

const quiet = -8;
Log.setLevel(quiet);

export const avCodec = {
  AvFrame: Frame,
  Codec,
  CodecContext,
  FFmpegError,
  Packet,
  Rational,
  h264: AV_CODEC_ID_H264,
  pixelFormats: {
    yuv420p: AV_PIX_FMT_YUV420P,
    yuv420p10le: AV_PIX_FMT_YUV420P10LE,
    yuv422p: AV_PIX_FMT_YUV422P,
    yuv444p: AV_PIX_FMT_YUV444P,
    yuv444p10le: AV_PIX_FMT_YUV444P10LE,
    gray: AV_PIX_FMT_GRAY8,
  },
};

/** The only file that imports `node-av`: what nalive uses of FFmpeg, by name. */
export {
  AV_CODEC_FLAG_OUTPUT_CORRUPT,
  AV_CODEC_FLAG_UNALIGNED,
  AV_CODEC_ID_H264,
  AV_LOG_QUIET,
  AV_PIX_FMT_BGR24,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_RGBA,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_RGB,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  type AVPixelFormat,
} from "node-av/constants";
export {
  avGetPixFmtName,
  Codec,
  CodecContext,
  Frame as AvFrame,
  Log,
  Packet,
  SoftwareScaleContext,
} from "node-av/lib";

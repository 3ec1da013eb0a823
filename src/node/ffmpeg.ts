/** The only file that imports `node-av`: what nalive uses of FFmpeg, by name. */
export {
  AV_CODEC_ID_H264,
  AV_PICTURE_TYPE_B,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_P,
} from "node-av/constants";
export { Codec, CodecContext, Frame as AvFrame, Log, Packet, SoftwareScaleContext } from "node-av/lib";

/**
 * nalive: live raw H.264 in, pictures out, at once.
 *
 * `open` gives the frames of a source; `LiveDecoder` takes bytes that your program receives itself.
 */
export { type ErrorCode, NaliveError } from "../core/errors.js";
export type { ColorDescription, Frame, FrameFormat, Plane, Provenance } from "../core/frame.js";
export type { IssueCode, IssueCount } from "../core/issues.js";
export type { Microseconds } from "../core/time.js";
export type { PictureEndStatistics } from "../h264/access-units/picture-end.js";
export type { LeftOut } from "../live/decoding/left-out.js";
export type { DecodingProcessStatistics } from "./decode/stream-decoders.js";
export { savePng } from "./snapshot/snapshot.js";
export type { SourceState } from "./source/source.js";
export type { EngineStatistics } from "./stream/engine-messages.js";
export { LiveDecoder, type LiveDecoderOptions } from "./stream/live-decoder.js";
export { type ByteStream, open } from "./stream/open.js";
export type { Delivery, Isolation, StreamOptions } from "./stream/stream-options.js";
export { type StreamEvents, VideoStream } from "./stream/video-stream.js";

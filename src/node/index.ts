/**
 * nalive: live raw H.264 in, pictures out, at once.
 *
 * `open` gives the frames of a source; `LiveDecoder` decodes bytes that your program receives
 * itself.
 */
export { type ErrorCode, NaliveError } from "../core/errors.js";
export type { ColorDescription, Frame, FrameFormat, Plane, Provenance } from "../core/frame.js";
export type { IssueCode, IssueCount } from "../core/issues.js";
export type { Microseconds } from "../core/time.js";
export type { SliceChecking } from "../h264/access-units/picture-check.js";
export { savePng } from "./snapshot/snapshot.js";
export type { SourceState } from "./source/source.js";
export { LiveDecoder, type LiveDecoderOptions } from "./stream/live-decoder.js";
export { type ByteStream, open } from "./stream/open.js";
export type { Delivery, Isolation, StreamOptions } from "./stream/stream-options.js";
export type { StreamStatistics } from "./stream/stream-statistics.js";
export type { VideoStream } from "./stream/video-stream.js";

/**
 * Every error that nalive throws or closes a stream with. `docs/errors.md` has a heading for each
 * code.
 */
export type ErrorCode =
  | "NALIVE_INVALID_ARGUMENT"
  | "NALIVE_INVALID_SOURCE"
  | "NALIVE_BITSTREAM"
  | "NALIVE_UNSUPPORTED_STREAM"
  | "NALIVE_NOT_H264"
  | "NALIVE_NO_PICTURE"
  | "NALIVE_DECODE"
  | "NALIVE_DECODER_LOST"
  | "NALIVE_FRAME_CLOSED"
  | "NALIVE_PORT_IN_USE"
  | "NALIVE_LISTEN_FAILED"
  | "NALIVE_HOST_NOT_FOUND"
  | "NALIVE_CONNECT_FAILED"
  | "NALIVE_CONNECTION_LOST"
  | "NALIVE_NO_SUCH_FILE"
  | "NALIVE_PERMISSION_DENIED"
  | "NALIVE_READ_FAILED"
  | "NALIVE_COMMAND_FAILED"
  | "NALIVE_OUTPUT_FAILED"
  | "NALIVE_NO_DISPLAY"
  | "NALIVE_NO_SDL"
  | "NALIVE_PROTOCOL"
  | "NALIVE_INVALID_CONFIG"
  | "NALIVE_NOT_ALLOWED"
  | "NALIVE_HOST_NOT_ALLOWED"
  | "NALIVE_NO_SUCH_ADDRESS"
  | "NALIVE_NO_SUCH_STREAM"
  | "NALIVE_NAME_IN_USE"
  | "NALIVE_TAKEN_OVER"
  | "NALIVE_TOO_MANY_STREAMS"
  | "NALIVE_TOO_MANY_VIEWERS"
  | "NALIVE_MESSAGE_TOO_LONG"
  | "NALIVE_PICTURE_TOO_LARGE"
  | "NALIVE_IDLE"
  | "NALIVE_VIEWER_STALLED"
  | "NALIVE_STREAM_ENDED"
  | "NALIVE_NO_PICTURE_YET"
  | "NALIVE_SERVER_STOPPING"
  | "NALIVE_NO_SUCH_RECORDING"
  | "NALIVE_RECORDING_FAILED";

/**
 * An error for somebody who must act. The message says what happened, what was expected and what to
 * do; `cause` is the error beneath it.
 */
export class NaliveError extends Error {
  /** Name of the class. */
  override readonly name: string = "NaliveError";
  /** Stable. `docs/errors.md` explains each code. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A transport (socket, pipe, child process, file) failed. */
export class TransportError extends NaliveError {
  override readonly name = "TransportError";
}

/**
 * The stream is sound, but nalive cannot decode it: FMO, ASO, SP slices, or a picture that is too
 * large.
 */
export class UnsupportedStreamError extends NaliveError {
  override readonly name = "UnsupportedStreamError";
  constructor(message: string, options?: { cause?: unknown }) {
    super("NALIVE_UNSUPPORTED_STREAM", message, options);
  }
}

/** The decoder failed, not the stream: FFmpeg, or the thread or process that runs it. */
export class DecodeError extends NaliveError {
  override readonly name = "DecodeError";
}

/** The peer sent a malformed message, or one of another version. Ends only that connection. */
export class ProtocolError extends NaliveError {
  override readonly name = "ProtocolError";
  constructor(message: string, options?: { cause?: unknown }) {
    super("NALIVE_PROTOCOL", message, options);
  }
}

/** Where a `BitstreamError` happened. */
export interface BitstreamPlace {
  /** The syntax element in the standard's own spelling. */
  readonly element: string;
  /** Clause of ITU-T H.264 that defines it. */
  readonly clause: string;
  /** Bit position in the RBSP, after removal of emulation prevention bytes. */
  readonly bitOffset: number;
}

const errors = Error as ErrorConstructor & { stackTraceLimit?: number };
/** True while `withoutStacks` runs. */
let skipsStacks = false;

/**
 * Calls `parse`. A `BitstreamError` that it throws has no stack trace, because a hostile stream has
 * 100 000 faults per second, and V8 spends most of its time on the traces.
 */
export function withoutStacks<A extends readonly unknown[], T>(parse: (...args: A) => T, ...args: A): T {
  skipsStacks = true;
  try {
    return parse(...args);
  } finally {
    skipsStacks = false;
  }
}

/**
 * A syntax structure breaks the standard. Only `parse…` functions throw it; streams count issues.
 */
export class BitstreamError extends NaliveError {
  override readonly name = "BitstreamError";
  /** The syntax element that was wrong. */
  readonly place: BitstreamPlace;
  constructor(message: string, place: BitstreamPlace) {
    const { stackTraceLimit } = errors;
    if (skipsStacks) errors.stackTraceLimit = 0;
    super(
      "NALIVE_BITSTREAM",
      `${message} (${place.element}, clause ${place.clause}, bit ${place.bitOffset})`,
    );
    if (skipsStacks && stackTraceLimit !== undefined) errors.stackTraceLimit = stackTraceLimit;
    this.place = place;
  }
}

import { type ErrorCode, NaliveError } from "../../core/errors.js";

/** How HTTP and WebSockets express a code. */
interface Answer {
  /** HTTP status. */
  readonly status: number;
  /** WebSocket close code: 4000 plus the status, or one of RFC 6455. */
  readonly close: number;
}

const answers = {
  NALIVE_INVALID_ARGUMENT: { status: 400, close: 4400 },
  NALIVE_PROTOCOL: { status: 400, close: 1002 },
  NALIVE_NOT_ALLOWED: { status: 401, close: 4401 },
  NALIVE_HOST_NOT_ALLOWED: { status: 421, close: 4421 },
  NALIVE_NO_SUCH_STREAM: { status: 404, close: 4404 },
  NALIVE_NO_SUCH_RECORDING: { status: 404, close: 4404 },
  NALIVE_IDLE: { status: 408, close: 4408 },
  NALIVE_VIEWER_STALLED: { status: 408, close: 4408 },
  NALIVE_NAME_IN_USE: { status: 409, close: 4409 },
  NALIVE_TAKEN_OVER: { status: 409, close: 4409 },
  NALIVE_STREAM_ENDED: { status: 410, close: 4410 },
  NALIVE_MESSAGE_TOO_LONG: { status: 413, close: 1009 },
  NALIVE_PICTURE_TOO_LARGE: { status: 413, close: 4413 },
  NALIVE_NOT_H264: { status: 415, close: 4415 },
  NALIVE_NO_PICTURE: { status: 422, close: 4422 },
  NALIVE_TOO_MANY_STREAMS: { status: 429, close: 4429 },
  NALIVE_TOO_MANY_VIEWERS: { status: 429, close: 4429 },
  NALIVE_NO_PICTURE_YET: { status: 503, close: 1013 },
  NALIVE_SERVER_STOPPING: { status: 503, close: 1001 },
  NALIVE_RECORDING_FAILED: { status: 507, close: 1011 },
} as const satisfies Partial<Record<ErrorCode, Answer>>;

/** Codes with which the server refuses or disconnects a client. */
export type ServeErrorCode = keyof typeof answers;

/**
 * Why the server refuses a request, or disconnects a publisher or viewer. It ends that one only.
 */
export class ServeError extends NaliveError {
  override readonly name = "ServeError";
  /** HTTP status. */
  readonly status: number;
  /** WebSocket close code. */
  readonly closeCode: number;

  constructor(code: ServeErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.status = answers[code].status;
    this.closeCode = answers[code].close;
  }

  /** Code and message for the close frame of a WebSocket, which has room for 123 bytes. */
  get closeReason(): string {
    return Buffer.from(`${this.code}: ${this.message}`)
      .subarray(0, 120)
      .toString()
      .replace(/\uFFFD$/, "");
  }
}

import type { Microseconds } from "./time.js";

/**
 * What the transport knows of the end of a chunk.
 * - `none`: a byte stream (TCP, pipe): the cut means nothing.
 * - `message`: a message ends with the chunk (WebSocket). Whether messages match pictures is
 *   learned, never assumed.
 * - `part`: more of the chunk's message is to come.
 * - `datagram`: the chunk is one datagram (UDP). A short one may end a picture; learned too.
 */
export type Framing = "none" | "message" | "part" | "datagram";

/** Bytes as they were received. */
export interface Chunk {
  /**
   * The bytes. Nobody writes to them again, so the receiver of the chunk may keep a view of them.
   */
  readonly data: Uint8Array;
  /** When they came, µs on the process's monotonic clock. */
  readonly receivedAt: Microseconds;
  /** Whether the end of these bytes means something. */
  readonly framing: Framing;
}

import type { Microseconds } from "./time.js";

/**
 * What the end of a chunk means on its transport.
 * - `none`: nothing, in a byte stream (TCP, pipe)
 * - `message`: the end of a message (WebSocket); the receiver learns whether messages are pictures
 * - `part`: more of the chunk's message will come
 * - `datagram`: the end of a datagram (UDP); the receiver learns whether short ones end pictures
 */
export type Framing = "none" | "message" | "part" | "datagram";

/** Bytes as they were received. */
export interface Chunk {
  /** The bytes. Nobody writes to them again, so the receiver may keep views of them. */
  readonly data: Uint8Array;
  /** When they were received, µs on the process's monotonic clock. */
  readonly receivedAt: Microseconds;
  /** What the end of the bytes means. */
  readonly framing: Framing;
}

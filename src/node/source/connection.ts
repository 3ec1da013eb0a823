import type { Framing } from "../../core/chunk.js";
import type { SourceState } from "./source.js";

/**
 * One way to one sender: a socket, a pipe, a child process, a worker. Frees everything before it
 * reports `closed`.
 */
export interface Connection {
  pause(): void;
  resume(): void;
  /** Asks the sender for a key frame; absent where there is no way back. */
  requestKeyFrame?(reason: string): void;
  /** Breaks it off, also while it is still being made; `closed` follows. Idempotent. */
  close(): void;
}

/**
 * What a {@link Connection} reports, in this order: `connected` at most once, any number of `data`,
 * `closed` exactly once. `data` and `closed` never come before the call that made the connection
 * has returned.
 */
export interface ConnectionEvents {
  /** @param peer the sender in words */
  connected(peer: string): void;
  /** Bytes that nobody writes to again. */
  data(bytes: Uint8Array): void;
  state(event: SourceState): void;
  /**
   * @param error why, unless the sender left orderly; before `connected`: why it could not be
   *   reached
   * @param over true when another attempt would be pointless: the input is finished, or cannot ever
   *   be opened
   */
  closed(error?: Error, over?: boolean): void;
}

/** The connection where there is none. */
export const noConnection: Connection = { pause() {}, resume() {}, close() {} };

/**
 * A connection that could not be made: reports that it is closed, see
 * {@link ConnectionEvents.closed}.
 */
export function failedConnection(events: ConnectionEvents, error: Error, over: boolean): Connection {
  setImmediate(() => events.closed(error, over));
  return noConnection;
}

/** How to reach a sender; called again for each attempt. */
export interface Dialer {
  readonly framing: Framing;
  dial(events: ConnectionEvents): Connection;
}

/** A sender at the door: it waits to be accepted or refused, within the same call. */
export interface Offer {
  readonly peer: string;
  /** `connected` is reported before this returns or soon after. */
  accept(events: ConnectionEvents): Connection;
  /** Sends it away, with the reason if the transport can carry one. */
  refuse(why: string): void;
}

/** What an open port reports. */
export interface ListenerEvents {
  state(event: SourceState): void;
  offered(offer: Offer): void;
  /**
   * Exactly once, last: with the error when it could not listen or broke, without after `close()`.
   */
  closed(error?: Error): void;
}

/** How to open a port. */
export interface Listener {
  readonly framing: Framing;
  /** Returns the function that closes the port; accepted connections live on. */
  listen(events: ListenerEvents): () => void;
}

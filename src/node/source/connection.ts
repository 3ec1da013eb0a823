import type { Framing } from "../../core/chunk.js";
import type { SourceState } from "./source.js";

/**
 * A way to one sender: a socket, a pipe, a child process, a worker. Frees everything before it
 * reports `closed`.
 */
export interface Connection {
  pause(): void;
  resume(): void;
  /** Asks the sender for a key frame. Absent where nothing can be sent back. */
  requestKeyFrame?(reason: string): void;
  /** Closes it, also before it is connected; `closed` follows. Idempotent. */
  close(): void;
}

/**
 * What a {@link Connection} reports, in this order: `connected` at most once, any number of `data`,
 * `closed` exactly once. `data` and `closed` are never reported before the call that made the
 * connection has returned.
 */
export interface ConnectionEvents {
  /** @param peer describes the sender to people */
  connected(peer: string): void;
  /** The bytes stay as they are: nothing writes to them again. */
  data(bytes: Uint8Array): void;
  state(event: SourceState): void;
  /**
   * @param error why it closed, undefined when the sender left in order; before `connected`: why
   *   the sender could not be reached
   * @param over true when another attempt is pointless: the input is finished, or can never be
   *   opened
   */
  closed(error?: Error, over?: boolean): void;
}

/** Stands in where no connection was made. */
export const noConnection: Connection = { pause() {}, resume() {}, close() {} };

/** A connection that could not be made. Only reports {@link ConnectionEvents.closed}. */
export function failedConnection(events: ConnectionEvents, error: Error, over: boolean): Connection {
  setImmediate(() => events.closed(error, over));
  return noConnection;
}

/** How to reach a sender. `dial` is called for each attempt. */
export interface Dialer {
  readonly framing: Framing;
  dial(events: ConnectionEvents): Connection;
}

/**
 * A sender that wants to connect. It must be accepted or refused within the call that offers it.
 */
export interface Offer {
  readonly peer: string;
  /** `connected` is reported before this returns or soon after. */
  accept(events: ConnectionEvents): Connection;
  /** Refuses the sender, with the reason where the transport can carry one. */
  refuse(why: string): void;
}

/** What an open port reports. */
export interface ListenerEvents {
  state(event: SourceState): void;
  offered(offer: Offer): void;
  /**
   * Exactly once, last: with the error when it could not listen or failed, without one after
   * `close()`.
   */
  closed(error?: Error): void;
}

/** How to open a port. */
export interface Listener {
  readonly framing: Framing;
  /** @returns closes the port; accepted connections stay open */
  listen(events: ListenerEvents): () => void;
}

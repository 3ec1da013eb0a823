import type { Framing } from "../../core/chunk.js";
import type { SourceState } from "./source.js";

/** One way to one sender: a socket, a pipe, a child process, a worker. Frees everything before it reports `closed`. */
export interface Link {
  pause(): void;
  resume(): void;
  /** Asks the sender for a key frame; absent where there is no way back. */
  requestKeyFrame?(reason: string): void;
  /** Breaks it off, also while it is still being made; `closed` follows. Idempotent. */
  close(): void;
}

/**
 * What a {@link Link} reports, in this order: `connected` at most once, any number of `data`, `closed` exactly once.
 * `data` and `closed` never come before the call that made the link has returned.
 */
export interface LinkEvents {
  /** @param peer the sender in words */
  connected(peer: string): void;
  /** Bytes that nobody writes to again. */
  data(bytes: Uint8Array): void;
  state(event: SourceState): void;
  /**
   * @param error why, unless the sender left orderly; before `connected`: why it could not be reached
   * @param over true when another attempt would be pointless: the input is finished, or cannot ever be opened
   */
  closed(error?: Error, over?: boolean): void;
}

/** The link where there is none. */
export const noLink: Link = { pause() {}, resume() {}, close() {} };

/** A link that could not be made: reports that it is closed, see {@link LinkEvents.closed}. */
export function failedLink(events: LinkEvents, error: Error, over: boolean): Link {
  setImmediate(() => events.closed(error, over));
  return noLink;
}

/** How to reach a sender; called again for each attempt. */
export interface Dialer {
  readonly framing: Framing;
  dial(events: LinkEvents): Link;
}

/** A sender at the door: it waits to be accepted or refused, within the same call. */
export interface Offer {
  readonly peer: string;
  /** `connected` is reported before this returns or soon after. */
  accept(events: LinkEvents): Link;
  /** Sends it away, with the reason if the transport can carry one. */
  refuse(why: string): void;
}

/** What an open port reports. */
export interface ListenerEvents {
  state(event: SourceState): void;
  offered(offer: Offer): void;
  /** Exactly once, last: with the error when it could not listen or broke, without after `close()`. */
  closed(error?: Error): void;
}

/** How to open a port. */
export interface Listener {
  readonly framing: Framing;
  /** Returns the function that closes the port; accepted links live on. */
  listen(events: ListenerEvents): () => void;
}

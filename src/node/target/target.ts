import type { Clock } from "../../core/time.js";
import type { SourceState } from "../source/source.js";

/** Where bytes go. `openTarget` makes it; nothing is opened before the first {@link ready}. */
export interface Target {
  /** The address for people, without passwords or tokens. */
  readonly name: string;
  /**
   * Opens it if it is not open, and waits until it is connected or has a receiver.
   *
   * @returns false once the target is closed
   * @throws `TransportError` when that can never happen, or with `reconnect: false` when the
   *   receiver cannot be reached or has disconnected
   */
  ready(): Promise<boolean>;
  /**
   * Sends bytes, as one message where the transport has messages. Do not change them until the
   * promise resolves: then more may be sent. Make one call at a time.
   *
   * @throws `TransportError` when no receiver is left; {@link ready} then waits for the next
   */
  write(data: Uint8Array): Promise<void>;
  /** Sends pending bytes, then closes and frees everything. Idempotent. */
  close(): Promise<void>;
}

/** How `openTarget` opens a target. All options have defaults. */
export interface TargetOptions {
  /** Runs the waits between attempts. Default: the system's clock. */
  readonly clock?: Clock;
  /**
   * Try again, or wait for the next receiver, when one cannot be reached or disconnects. Default
   * true.
   */
  readonly reconnect?: boolean;
  /** Is told what people may want to know. `describeSourceState` puts it into words. */
  readonly onState?: (event: SourceState) => void;
  /** Is called when a receiver asks for a key frame (WebSocket only), at any rate. */
  readonly onKeyFrameRequest?: () => void;
}

/** One receiver: an established connection, or a file. */
export interface Outlet {
  /** Describes the receiver to people. */
  readonly peer: string;
  /** Resolves when the system has taken the bytes. Rejects when the receiver has disconnected. */
  write(data: Uint8Array): Promise<void>;
  /** Closes it after all written bytes. Resolves when everything is freed. */
  close(): Promise<void>;
  /** Resolves when the connection has ended, on either side. */
  readonly gone: Promise<Error | undefined>;
}

import type { Clock } from "../../core/time.js";
import type { SourceState } from "../source/source.js";

/** Where bytes go. Made by `openTarget`; nothing is opened before the first {@link ready}. */
export interface Target {
  /** The address for people, without passwords or tokens. */
  readonly name: string;
  /**
   * Opens it if it is not open, and waits until somebody takes the bytes: connected, or the first
   * receiver is there.
   * @returns false once the target is closed
   * @throws `TransportError` when it can never be, or with `reconnect: false` when the receiver
   *   cannot be reached or is gone
   */
  ready(): Promise<boolean>;
  /**
   * Sends bytes, in one piece where the transport keeps pieces apart; they must not change until it
   * resolves. It resolves when more may be sent. One call at a time.
   * @throws `TransportError` when no receiver is left; {@link ready} then waits for the next
   */
  write(data: Uint8Array): Promise<void>;
  /** Sends what is under way, closes all, frees all. Idempotent. */
  close(): Promise<void>;
}

/** How `openTarget` opens a target; all have defaults. */
export interface TargetOptions {
  /** Runs the waits between attempts. Default the system's. */
  readonly clock?: Clock;
  /**
   * Try again when the receiver cannot be reached or is gone, or wait for the next one. Default
   * true.
   */
  readonly reconnect?: boolean;
  /** Hears what is worth telling people; `describeSourceState` puts it in words. */
  readonly onState?: (event: SourceState) => void;
  /** A receiver asks for a key frame (WebSocket only), as often as it likes. */
  readonly onKeyFrameRequest?: () => void;
}

/** One receiver: a connection that is up, or a file. */
export interface Outlet {
  /** In words. */
  readonly peer: string;
  /** Resolves when the system has taken the bytes. Rejects when the receiver is gone. */
  write(data: Uint8Array): Promise<void>;
  /** Orderly: what was written arrives first. Resolves when all is freed. */
  close(): Promise<void>;
  /** Resolves when the receiver is gone, whoever ended it. */
  readonly gone: Promise<Error | undefined>;
}

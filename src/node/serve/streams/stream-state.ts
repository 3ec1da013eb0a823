import type { Microseconds } from "../../../core/time.js";
import type { ServeError } from "../serve-error.js";

/** The sender of a stream. */
export interface Publisher {
  /** Its address or name, for logs and the API. */
  readonly peer: string;
  /** How it reaches the server. */
  readonly via: "source" | "websocket" | "http";
  /** Ends its connection, because another publisher took over or the server refuses its data. */
  dismiss(error: ServeError): void;
  /**
   * Asked about once per second while nothing comes: false when the connection is known to be dead.
   * Absent when the connection ends by itself once it is dead.
   */
  isReachable?(): boolean;
  /** Asks for a key frame; absent when the publisher cannot be asked. */
  requestKeyFrame?(reason: string): void;
}

/** Whether the stream has a publisher; `since` is when that state began. */
export type StreamState =
  | { readonly kind: "live"; readonly publisher: Publisher; readonly since: Microseconds }
  /** The publisher is connected, but its newest picture came at `since`. */
  | { readonly kind: "silent"; readonly publisher: Publisher; readonly since: Microseconds }
  /** Nobody publishes; `reason` says why, as far as it is known. */
  | { readonly kind: "waiting"; readonly reason: string | undefined; readonly since: Microseconds }
  /** Nobody has published for so long that the watchers were released. */
  | { readonly kind: "deserted"; readonly reason: string | undefined; readonly since: Microseconds };

/**
 * Why no pictures come, as a sentence; undefined if they come, or if nobody knows.
 * @param hasPicture the publisher has sent at least one
 */
export function reasonOf(state: StreamState, hasPicture: boolean): string | undefined {
  if (state.kind === "live") return undefined;
  if (state.kind !== "silent") return state.reason;
  const { peer } = state.publisher;
  return hasPicture ? `${peer} sends no more pictures` : `${peer} has sent no picture yet`;
}

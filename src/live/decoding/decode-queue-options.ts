import type { Microseconds } from "../../core/time.js";
import type { AccessUnitCacheOptions } from "./access-unit-cache.js";
import type { WaitingQueueBounds } from "./waiting-queue.js";

/** How a `DecodeQueue` behaves. */
export interface DecodeQueueOptions extends WaitingQueueBounds {
  /**
   * Age of a waiting access unit at which the queue jumps to a newer random access point, ms.
   * undefined: drop nothing.
   */
  readonly maxLagMs: number | undefined;
  /**
   * Decode late pictures that no other refers to without the loop filter, before dropping any.
   * Default true.
   */
  readonly skipLoopFilter?: boolean;
  /**
   * Without `maxLagMs`: called with true when the bounds are exceeded and the source should pause,
   * with false at a quarter.
   */
  readonly onFull?: (full: boolean) => void;
  /** Bounds of the cache from which a decoder catches up. */
  readonly cache?: AccessUnitCacheOptions;
  /** Runs a function in a later turn of the event loop, after receiving what came meanwhile. */
  readonly later: (run: () => void) => void;
  /**
   * Runs a function once the latest output has been delivered and nobody waits for the processor.
   * Default: `later`.
   */
  readonly whenQuiet?: (run: () => void) => void;
  /** False while there is no room for a decoded picture. */
  readonly mayDecode: () => boolean;
  /** Called after decoding kept the thread from its sockets, with when, µs on the clock. */
  readonly onBusy?: (from: Microseconds, to: Microseconds) => void;
  /** Called when nothing waits any more: the latest picture is the newest one. */
  readonly onLevel?: () => void;
}

import type { Microseconds } from "../../core/time.js";
import type { AccessUnitCacheOptions } from "./access-unit-cache.js";
import type { WaitingQueueBounds } from "./waiting-queue.js";

/** How a `DecodeQueue` behaves. */
export interface DecodeQueueOptions extends WaitingQueueBounds {
  /** Age of a waiting access unit at which the queue jumps to a newer random access point, ms. undefined: never drop. */
  readonly maxLagMs: number | undefined;
  /** Whether late pictures that no other refers to are decoded without the loop filter, before they are dropped. Default true. */
  readonly skipLoopFilter?: boolean;
  /** Without `maxLagMs`: called with true when more waits than may and the source should pause, with false at a quarter. */
  readonly onFull?: (full: boolean) => void;
  /** Bounds of the cache from which the decoder is brought level again. */
  readonly cache?: AccessUnitCacheOptions;
  /** Runs a function in a later turn of the event loop, after what was received meanwhile. */
  readonly later: (run: () => void) => void;
  /** Runs a function once what was given out has found its way, when the processor is free for what nobody waits for. Default: `later`. */
  readonly whenQuiet?: (run: () => void) => void;
  /** False while pictures given out would have no place to go. */
  readonly mayDecode: () => boolean;
  /** Told when decoding kept the thread from its sockets, µs on the clock. */
  readonly onBusy?: (from: Microseconds, to: Microseconds) => void;
  /** Called when nothing waits any more: the picture given out last is the newest that there is. */
  readonly onLevel?: () => void;
}

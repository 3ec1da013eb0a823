import type { ErrorCode } from "../../../core/errors.js";

/** What a source's worker thread sends to the main thread. */
export type WorkerMessage =
  | { readonly type: "connected"; readonly peer: string }
  /** One access unit. Its memory is transferred, not copied. */
  | { readonly type: "data"; readonly data: Uint8Array<ArrayBuffer> }
  /** Last. `over` as in `ConnectionEvents.closed`. */
  | {
      readonly type: "closed";
      readonly error: { readonly code: ErrorCode; readonly message: string } | undefined;
      readonly over: boolean;
    };

/** Wakes the worker from a wait in its event loop. The order itself is in the shared memory. */
export const wakeUp = "wake up";

/**
 * Indexes of the 32-bit words that the main thread and the worker share, and change with `Atomics`.
 */
export const Word = {
  /** A {@link Order}. */
  order: 0,
  /** Access units on their way to the main thread. */
  waiting: 1,
  /** Increases at each change of another word. The worker waits on it. */
  bell: 2,
  /** Increases with each request for a key frame. */
  keyFrameRequests: 3,
  /** 1 once the worker has loaded its code. */
  loaded: 4,
} as const;

/** What the worker is to do. */
export const Order = { run: 0, pause: 1, stop: 2 } as const;

/** Words of shared memory. */
export const wordCount = 5;

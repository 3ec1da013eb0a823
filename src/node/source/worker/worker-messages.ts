import type { ErrorCode } from "../../../core/errors.js";

/** What a source's worker thread tells the main thread. */
export type WorkerMessage =
  | { readonly type: "connected"; readonly peer: string }
  /** One access unit; its memory is handed over, not copied. */
  | { readonly type: "data"; readonly data: Uint8Array<ArrayBuffer> }
  /** Last. `over` as in `ConnectionEvents.closed`. */
  | {
      readonly type: "closed";
      readonly error: { readonly code: ErrorCode; readonly message: string } | undefined;
      readonly over: boolean;
    };

/**
 * Sent to the worker so that it wakes from a wait in its event loop; the order itself is in the
 * shared memory.
 */
export const wakeUp = "wake up";

/** What the main thread and the worker share: 32-bit words, changed with `Atomics`. */
export const Word = {
  /** A {@link Order}. */
  order: 0,
  /** Access units on their way to the main thread. */
  waiting: 1,
  /** Goes up at each change of the others: what the worker waits on. */
  bell: 2,
  /** Goes up with each request for a key frame. */
  keyFrameRequests: 3,
  /** 1 once the worker has loaded its code. */
  loaded: 4,
} as const;

/** What the worker has to do. */
export const Order = { run: 0, pause: 1, stop: 2 } as const;

/** Words of shared memory. */
export const wordCount = 5;

import type { Frame } from "../../core/frame.js";
import type { StreamStatistics } from "./stream-statistics.js";

/**
 * The frames of one source, to be iterated once: `for await (const frame of stream)`.
 *
 * Its own thread receives, decodes and converts while the program is busy;
 * `StreamOptions.delivery` says which frames the program gets then. Iteration closes a frame when
 * the program asks for the next one: `frame.clone()` keeps it.
 *
 * Leaving the loop, `close()`, `await using` and `StreamOptions.signal` all end the stream. An
 * error that ends the stream is thrown by the iteration, once, after the last frame.
 */
export interface VideoStream extends AsyncIterableIterator<Frame>, AsyncDisposable {
  /** The stream itself. */
  [Symbol.asyncIterator](): this;
  /** Closes the previous frame and waits for the next one. */
  next(): Promise<IteratorResult<Frame, undefined>>;
  /** The next frame, which the caller closes; undefined at the end of the stream. */
  read(): Promise<Frame | undefined>;
  /** The same as `close()`; a loop that is left calls it. */
  return(): Promise<IteratorResult<Frame, undefined>>;
  /**
   * Ends the stream and drops waiting frames; resolves when its sockets and its thread are gone.
   * Later calls wait for the same.
   */
  close(): Promise<void>;
  /** The same as `close()`, for `await using stream = open(…)`. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * What was counted so far; after the end, the final counts. Undefined when nothing was counted.
   */
  statistics(): Promise<StreamStatistics | undefined>;
}

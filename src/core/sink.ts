/**
 * The one contract between stages. A stage is a sink that is built with the sink that it feeds.
 *
 * `push` is synchronous, never slows the source, and never throws because the media is bad. `close`
 * comes once, last. Its reason, if there is one, says why the stream ended.
 */
export interface Sink<T> {
  /**
   * Takes the next item. Its type says how long it lasts: a `Passing<T>` until `push` returns, any
   * other for as long as somebody holds it.
   */
  // A property: TypeScript would let a method of a `Sink<T>` take a `Passing<T>`.
  push: (item: T) => void;
  /** Ends the stream: no more items come. */
  close: (reason?: Error) => void;
}

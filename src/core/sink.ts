/**
 * The one contract between stages. A stage is a sink built with the sink that it feeds.
 *
 * `push` is synchronous, never slows the source, and never throws because the media is bad.
 * `close` comes once, last; its reason, when there is one, says why the stream ended.
 */
export interface Sink<T> {
  /** Takes the next item. Whether it may be kept, and until when, is said by its type. */
  push(item: T): void;
  /** No more items come. */
  close(reason?: Error): void;
}

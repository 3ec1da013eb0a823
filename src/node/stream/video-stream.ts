import type { Frame } from "../../core/frame.js";
import type { IssueCode } from "../../core/issues.js";
import type { SourceState } from "../source/source.js";
import { EngineHost } from "./engine-host.js";
import type { EngineStatistics } from "./engine-messages.js";
import { checkStreamOptions, type StreamOptions } from "./stream-options.js";

/**
 * Called for what happens around the frames; all optional. One that throws ends its own stream, whose iteration then throws
 * the same; no other stream notices.
 */
export interface StreamEvents {
  /** The source listens, connects, lost its sender, … */
  readonly onState?: (state: SourceState) => void;
  /** Damage or an oddity in the stream was counted. */
  readonly onIssue?: (code: IssueCode, detail: string) => void;
  /**
   * Pictures are held back, and the next key frame (an IDR picture with its parameter sets) ends that: ask your sender
   * for one. Called at once, then at most twice a second, more and more rarely while none comes. `reason` is the issue.
   * A WebSocket sender is asked by nalive itself (docs/websocket.md). Not called for files.
   */
  readonly onKeyFrameNeeded?: (reason: IssueCode) => void;
}

/**
 * Frames of one source, to be iterated once: `for await (const frame of stream)`.
 *
 * Receiving, decoding and conversion go on in a thread of their own while the program is busy; which pictures it gets
 * then says `StreamOptions.delivery`. A frame is closed when the next one is asked for: keep `frame.clone()`.
 * Leaving the loop ends the stream. An error that ends the stream is thrown by the iteration after the last frame.
 */
export class VideoStream implements AsyncIterableIterator<Frame> {
  readonly #host: EngineHost;
  #current: Frame | undefined;
  #wake: (() => void) | undefined;
  #end: { readonly reason: unknown } | undefined;
  /** What a callback of the program threw first. */
  #failure: { readonly error: unknown } | undefined;
  #left = false;
  #tellEnded!: () => void;
  /** @internal Resolves when no more bytes are taken. */
  readonly ended: Promise<void> = new Promise((resolve) => {
    this.#tellEnded = resolve;
  });

  /** Use `open`. */
  constructor(
    url: string | undefined,
    options: StreamOptions & StreamEvents,
    onTaken?: (bytes: number) => void,
  ) {
    checkStreamOptions(options);
    const { onState, onIssue, onKeyFrameNeeded, ...plain } = options;
    this.#host = new EngineHost(url, plain, {
      frameWaits: () => this.#wakeUp(),
      state: (state) => this.#tell(() => onState?.(state)),
      issue: (code, detail) => this.#tell(() => onIssue?.(code, detail)),
      keyFrameNeeded: (reason) => this.#tell(() => onKeyFrameNeeded?.(reason)),
      taken: (bytes) => onTaken?.(bytes),
      closed: (reason) => {
        this.#end = { reason: this.#failure ? this.#failure.error : reason };
        this.#wakeUp();
        this.#tellEnded();
      },
    });
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Waits for the next frame. The frame given out before is closed. */
  async next(): Promise<IteratorResult<Frame, undefined>> {
    this.#current?.close();
    this.#current = undefined;
    for (;;) {
      const frame = this.#left ? undefined : this.#host.takeFrame();
      if (frame) {
        this.#current = frame;
        return { done: false, value: frame };
      }
      if (this.#end) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const { reason } = this.#end;
    this.#end = { reason: undefined };
    if (reason) throw reason;
    return { done: true, value: undefined };
  }

  /** The next frame, to be closed by the caller; undefined at the end. */
  async read(): Promise<Frame | undefined> {
    const result = await this.next();
    this.#current = undefined;
    return result.value;
  }

  /** Ends the stream: called when a loop is left. */
  async return(): Promise<IteratorResult<Frame, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** Ends the stream; resolves when its sockets and its thread are gone. */
  async close(): Promise<void> {
    this.#left = true;
    this.#current?.close();
    this.#current = undefined;
    await this.#host.stop();
  }

  /** What was counted since the start; undefined when the thread has died. */
  statistics(): Promise<EngineStatistics | undefined> {
    return this.#host.statistics();
  }

  /** @internal For `LiveDecoder`. */
  get host(): EngineHost {
    return this.#host;
  }

  #tell(call: () => void): void {
    if (this.#failure) return;
    try {
      call();
    } catch (error) {
      this.#failure = { error };
      void this.#host.stop();
    }
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

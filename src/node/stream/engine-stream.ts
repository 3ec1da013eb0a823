import type { NaliveError } from "../../core/errors.js";
import type { Frame } from "../../core/frame.js";
import { EngineHost } from "./engine/engine-host.js";
import { completeStreamOptions, type StreamOptions } from "./stream-options.js";
import type { StreamStatistics } from "./stream-statistics.js";
import type { VideoStream } from "./video-stream.js";

/** What an `EngineStream` is made of. */
export interface EngineStreamOptions {
  /** A source URL, or undefined when the program writes the bytes. */
  readonly url: string | undefined;
  readonly options: StreamOptions;
  /** The engine has taken this many written bytes. */
  readonly onConsumed?: (bytes: number) => void;
  /** Called once: the stream takes no more bytes. */
  readonly onEnd?: () => void;
}

/** An error to be thrown, which may be any value. */
interface Failure {
  readonly error: unknown;
}

/** A `VideoStream` whose engine runs in its own thread. */
export class EngineStream implements VideoStream {
  /** Undefined when the signal was aborted before the stream was opened. */
  readonly #host: EngineHost | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#abort();
  readonly #onEnd: (() => void) | undefined;
  #current: Frame | undefined;
  #wake: (() => void) | undefined;
  /** What the first callback that threw has thrown. */
  #callbackFailure: Failure | undefined;
  /** The program wants no more frames. */
  #isLeft = false;
  /** No more frames come, but for those that wait. */
  #end: { readonly failure: Failure | undefined } | undefined;

  /** @throws NaliveError `NALIVE_INVALID_ARGUMENT` for wrong options */
  constructor({ url, options, onConsumed, onEnd }: EngineStreamOptions) {
    const { signal, onState, onIssue, onKeyFrameNeeded } = options;
    const complete = completeStreamOptions(options);
    this.#onEnd = onEnd;
    this.#signal = signal;
    if (signal?.aborted) {
      this.#abort();
      return;
    }
    signal?.addEventListener("abort", this.#onAbort);
    this.#host = new EngineHost(
      { url, options: complete },
      {
        frameWaits: () => this.#wakeUp(),
        state: (state) => this.#callBack(() => onState?.(state)),
        issue: (code, detail) => this.#callBack(() => onIssue?.(code, detail)),
        keyFrameNeeded: (reason) => this.#callBack(() => onKeyFrameNeeded?.(reason)),
        consumed: (bytes) => onConsumed?.(bytes),
        closed: (reason) => this.#finish(this.#callbackFailure ?? (reason && { error: reason })),
      },
    );
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Frame, undefined>> {
    this.#closeCurrent();
    for (;;) {
      const frame = this.#isLeft ? undefined : this.#host?.takeFrame();
      if (frame) {
        this.#current = frame;
        return { done: false, value: frame };
      }
      if (this.#end) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const { failure } = this.#end;
    this.#end = { failure: undefined };
    if (failure) throw failure.error;
    return { done: true, value: undefined };
  }

  async read(): Promise<Frame | undefined> {
    const result = await this.next();
    this.#current = undefined;
    return result.value;
  }

  async return(): Promise<IteratorResult<Frame, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    this.#isLeft = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#closeCurrent();
    await this.#host?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  statistics(): Promise<StreamStatistics | undefined> {
    return this.#host?.statistics() ?? Promise.resolve(undefined);
  }

  /**
   * Gives the engine a copy of the bytes. `isMessage`: they are one whole message of a framed
   * transport.
   */
  write(bytes: Uint8Array, isMessage: boolean): void {
    this.#host?.write(bytes, isMessage);
  }

  /** No more bytes follow; `failure` says why, when that is an error. */
  endInput(failure?: NaliveError): void {
    this.#host?.end(failure);
  }

  /** The frame in the program's hands stays valid until the program asks for the next one. */
  #abort(): void {
    this.#isLeft = true;
    this.#finish({ error: this.#signal?.reason });
    void this.#host?.stop();
  }

  #callBack(call: () => void): void {
    if (this.#callbackFailure) return;
    try {
      call();
    } catch (error) {
      this.#callbackFailure = { error };
      void this.#host?.stop();
    }
  }

  #finish(failure: Failure | undefined): void {
    if (this.#end) return;
    this.#end = { failure };
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#wakeUp();
    this.#onEnd?.();
  }

  #closeCurrent(): void {
    this.#current?.close();
    this.#current = undefined;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

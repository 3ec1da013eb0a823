import type { Framing } from "../../core/chunk.js";
import type { Clock, Microseconds } from "../../core/time.js";
import type { SourceSink, SourceState } from "./source.js";

/**
 * A source's side of its sink. Keeps the promises of `SourceSink`: sessions are numbered and never
 * overlap, `close` comes once and last.
 */
export class SourceOutput {
  readonly #sink: SourceSink;
  readonly #clock: Clock;
  readonly #framing: Framing;
  #nextEpoch = 0;
  #peer: string | undefined;
  #closed = false;

  constructor(sink: SourceSink, clock: Clock, framing: Framing) {
    this.#sink = sink;
    this.#clock = clock;
    this.#framing = framing;
  }

  /** Ends a session that is still open first, without a reason. */
  begin(peer: string): void {
    this.end();
    this.state({ type: "connected", peer });
    // The sink may close this output when it hears about that.
    if (this.#closed) return;
    this.#peer = peer;
    this.#sink.begin({ epoch: this.#nextEpoch++, peer });
  }

  /** Outside a session nothing happens. */
  push(data: Uint8Array, receivedAt: Microseconds = this.#clock.now()): void {
    if (this.#peer === undefined || data.length === 0) return;
    this.#sink.push({ data, receivedAt, framing: this.#framing });
  }

  /** Outside a session nothing happens. */
  end(reason?: Error): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    this.#peer = undefined;
    this.#sink.end(reason);
    this.state({ type: "ended", peer, reason });
  }

  /** After {@link close} nothing happens. */
  state(event: SourceState): void {
    if (!this.#closed) this.#sink.state(event);
  }

  /** Ends the session and closes the sink. Nothing reaches the sink afterwards. */
  close(reason?: Error): void {
    if (this.#closed) return;
    this.end(reason);
    this.#closed = true;
    this.#sink.close(reason);
  }
}

import { type Clock, fromMilliseconds } from "../../../core/time.js";
import { systemClock, thriftyClock } from "../../clock.js";
import type { ServeConfig } from "../config/serve-config.js";
import { isStreamName, streamNameRule } from "../config/stream-name.js";
import { ServeError } from "../serve-error.js";
import { type Publisher, ServedStream } from "./served-stream.js";

/**
 * With at most this many streams, two things are worth a millisecond of processor time per picture
 * each: an exact clock, and checking pictures for missing bytes.
 */
const fewStreams = 4;

/**
 * The streams of a server by name. A stream opens when its first publisher attaches, and ends
 * `publish.waitMs` after its last one left.
 */
export class Streams {
  readonly #config: ServeConfig;
  readonly #streams = new Map<string, ServedStream>();
  readonly #hasTime = () => this.#streams.size <= fewStreams;
  /** Busy-waits for exact timers while there are few streams. */
  readonly clock: Clock = {
    now: systemClock.now,
    startTimer: (delay, fire) => (this.#hasTime() ? systemClock : thriftyClock).startTimer(delay, fire),
  };
  /** Called for each new stream. */
  onOpened: (stream: ServedStream) => void = () => undefined;
  /** Called for each stream that has ended. */
  onClosed: (stream: ServedStream) => void = () => undefined;

  constructor(config: ServeConfig) {
    this.#config = config;
  }

  /** All streams, sorted by name. */
  list(): ServedStream[] {
    return [...this.#streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws ServeError `NALIVE_NO_SUCH_STREAM` */
  get(name: string): ServedStream {
    const stream = this.#streams.get(name);
    if (stream) return stream;
    const known = this.list().map((each) => each.name);
    throw new ServeError(
      "NALIVE_NO_SUCH_STREAM",
      `No such stream: ${JSON.stringify(name.slice(0, 64))}. ${known.length > 0 ? `Streams now: ${known.slice(0, 10).join(", ")}` : "Nobody is publishing"}`,
    );
  }

  /** Opens the stream of a source that the server itself fetches; it waits for it without limit. */
  openPermanent(name: string): ServedStream {
    return this.#open(name, true);
  }

  /**
   * Attaches a publisher to the stream of this name, and opens the stream if there is none.
   * @throws ServeError `NALIVE_INVALID_ARGUMENT` for a bad name, `NALIVE_TOO_MANY_STREAMS`,
   *   `NALIVE_NAME_IN_USE`
   */
  publish(name: string, publisher: Publisher): ServedStream {
    if (!isStreamName(name)) {
      const shown = JSON.stringify(name.slice(0, 64));
      throw new ServeError(
        "NALIVE_INVALID_ARGUMENT",
        `The stream name was ${shown}, expected ${streamNameRule}`,
      );
    }
    const stream = this.#streams.get(name) ?? this.#open(name, false);
    if (stream.isPermanent) {
      throw new ServeError(
        "NALIVE_NAME_IN_USE",
        `The server fetches ${name} itself (sources): publish under another name`,
      );
    }
    stream.attach(publisher);
    return stream;
  }

  /** Call once per second: ends streams that have waited too long for a publisher. */
  tick(): void {
    const now = this.clock.now();
    const waitMs = this.#config.publish.waitMs;
    for (const stream of this.#streams.values()) {
      stream.tick();
      if (stream.publisher || stream.isPermanent || now - stream.since <= fromMilliseconds(waitMs)) continue;
      this.#end(
        stream,
        new ServeError("NALIVE_STREAM_ENDED", `Nobody has published ${stream.name} for ${waitMs} ms`),
      );
    }
  }

  /** Ends all streams. */
  close(reason: ServeError): void {
    for (const stream of this.#streams.values()) this.#end(stream, reason);
  }

  #end(stream: ServedStream, reason: ServeError): void {
    this.#streams.delete(stream.name);
    stream.close(reason);
    this.onClosed(stream);
  }

  #open(name: string, isPermanent: boolean): ServedStream {
    const { maxStreams } = this.#config.bounds;
    if (this.#streams.size >= maxStreams) {
      throw new ServeError(
        "NALIVE_TOO_MANY_STREAMS",
        `The server has ${maxStreams} streams and takes no more (bounds.maxStreams)`,
      );
    }
    const stream = new ServedStream(name, isPermanent, this.#config, this.clock, this.#hasTime);
    this.#streams.set(name, stream);
    this.onOpened(stream);
    return stream;
  }
}

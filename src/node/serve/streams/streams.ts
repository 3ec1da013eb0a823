import { type Clock, fromMilliseconds } from "../../../core/time.js";
import { systemClock, thriftyClock } from "../../clock.js";
import { shownText } from "../access/shown-text.js";
import type { ServeConfig } from "../config/serve-config.js";
import { isStreamName, streamNameRule } from "../config/stream-name.js";
import { ServeError } from "../serve-error.js";
import { ServedStream } from "./served-stream.js";
import type { Publisher } from "./stream-state.js";

/**
 * With at most this many streams, two things are worth a millisecond of processor time per picture
 * each: an exact clock, and checking pictures for missing bytes.
 */
const fewStreams = 4;

/**
 * The streams of a server by name. A stream opens when its first publisher attaches. Once its last
 * one has left, it waits for `publish.waitMs`, then releases its readers, and ends after
 * `publish.keepMs`, when somebody dismisses it, or when a new stream needs its place.
 */
export class Streams {
  readonly #config: ServeConfig;
  readonly #streams = new Map<string, ServedStream>();
  /** Streams with a publisher, and those that wait for one. */
  #active = 0;
  readonly #hasTime = () => this.#active <= fewStreams;
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
      `No such stream: ${JSON.stringify(shownText(name))}. ${known.length > 0 ? `Streams now: ${known.slice(0, 10).join(", ")}` : "Nobody is publishing"}`,
    );
  }

  /**
   * Opens the stream of a source that the server itself fetches; it waits for it without limit.
   * @throws ServeError `NALIVE_NAME_IN_USE` when somebody publishes under this name,
   *   `NALIVE_TOO_MANY_STREAMS`
   */
  openPermanent(name: string): ServedStream {
    const known = this.#streams.get(name);
    if (known?.publisher) {
      const why = `${known.publisher.peer} publishes ${name}: the server cannot fetch a source of that name (sources)`;
      throw new ServeError("NALIVE_NAME_IN_USE", why);
    }
    if (known) this.dismiss(name);
    return this.#open(name, true);
  }

  /**
   * Attaches a publisher to the stream of this name, and opens the stream if there is none.
   * @throws ServeError `NALIVE_INVALID_ARGUMENT` for a bad name, `NALIVE_TOO_MANY_STREAMS`,
   *   `NALIVE_NAME_IN_USE`
   */
  publish(name: string, publisher: Publisher): ServedStream {
    if (!isStreamName(name)) {
      const shown = JSON.stringify(shownText(name));
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

  /** Call once per second: releases and ends streams that have waited too long for a publisher. */
  tick(): void {
    const now = this.clock.now();
    const { waitMs, keepMs } = this.#config.publish;
    for (const stream of this.#streams.values()) {
      stream.tick();
      if (stream.publisher || stream.isPermanent) continue;
      const gone = now - stream.since;
      if (gone <= fromMilliseconds(waitMs)) continue;
      const hasEnded = (ms: number) =>
        new ServeError("NALIVE_STREAM_ENDED", `Nobody has published ${stream.name} for ${ms} ms`);
      stream.release(hasEnded(waitMs));
      if (gone > fromMilliseconds(keepMs)) this.#end(stream, hasEnded(keepMs));
    }
    this.#count();
  }

  /**
   * Ends a stream that nobody publishes any more.
   * @throws ServeError `NALIVE_NO_SUCH_STREAM`; `NALIVE_NAME_IN_USE` while somebody publishes it,
   *   or if it is a source of the configuration
   */
  dismiss(name: string): void {
    const stream = this.get(name);
    if (stream.isPermanent) {
      const why = `The server fetches ${name} itself: remove it from sources in the configuration`;
      throw new ServeError("NALIVE_NAME_IN_USE", why);
    }
    if (stream.publisher) {
      const why = `${stream.publisher.peer} publishes ${name}: only a stream whose publisher has left can be dismissed`;
      throw new ServeError("NALIVE_NAME_IN_USE", why);
    }
    this.#end(stream, new ServeError("NALIVE_STREAM_ENDED", `${name} was dismissed`));
  }

  /** Ends the stream of a source that the configuration no longer has. */
  closePermanent(stream: ServedStream): void {
    const why = `The configuration no longer has the source ${stream.name}`;
    this.#end(stream, new ServeError("NALIVE_STREAM_ENDED", why));
  }

  /** Ends all streams. */
  close(reason: ServeError): void {
    for (const stream of this.#streams.values()) this.#end(stream, reason);
  }

  #end(stream: ServedStream, reason: ServeError): void {
    this.#streams.delete(stream.name);
    stream.close(reason);
    this.#count();
    this.onClosed(stream);
  }

  #count(): void {
    this.#active = this.list().filter(({ state }) => state !== "deserted").length;
  }

  /**
   * Ends the stream that nobody has published for the longest time.
   * @returns false if there is none
   */
  #makeRoom(): boolean {
    const deserted = this.list().filter(({ state }) => state === "deserted");
    const [oldest] = deserted.sort((a, b) => a.since - b.since);
    if (oldest) {
      const why = `${oldest.name} made room for a new stream (bounds.maxStreams)`;
      this.#end(oldest, new ServeError("NALIVE_STREAM_ENDED", why));
    }
    return oldest !== undefined;
  }

  #open(name: string, isPermanent: boolean): ServedStream {
    const { maxStreams } = this.#config.bounds;
    if (this.#streams.size >= maxStreams && !this.#makeRoom()) {
      throw new ServeError(
        "NALIVE_TOO_MANY_STREAMS",
        `The server has ${maxStreams} streams and takes no more (bounds.maxStreams)`,
      );
    }
    const stream = new ServedStream(name, isPermanent, this.#config, this.clock, this.#hasTime);
    this.#streams.set(name, stream);
    this.#count();
    this.onOpened(stream);
    return stream;
  }
}

import type { Source } from "../../source/source.js";
import type { ServeConfig } from "../config/serve-config.js";
import type { Log } from "../log.js";
import { ServeError } from "../serve-error.js";
import type { ServedStream } from "./served-stream.js";
import { type LogSource, publishSource } from "./source-publisher.js";
import type { Streams } from "./streams.js";

interface Running {
  readonly url: string;
  readonly source: Source;
  readonly stream: ServedStream;
}

/** The sources that the server itself opens, by the name of their stream. */
export class Sources {
  readonly #config: ServeConfig;
  readonly #streams: Streams;
  readonly #log: Log;
  readonly #running = new Map<string, Running>();

  constructor(config: ServeConfig, streams: Streams, log: Log) {
    this.#config = config;
    this.#streams = streams;
    this.#log = log;
  }

  /**
   * Opens and closes sources so that those of the configuration run. Viewers of an unchanged source
   * notice nothing; a source with another address keeps its stream and its viewers.
   *
   * @returns once what was closed is free: why some sources cannot be opened, such as
   *   `NALIVE_NAME_IN_USE` or `NALIVE_TOO_MANY_STREAMS`
   */
  async apply(): Promise<ServeError[]> {
    const { sources: wanted } = this.#config;
    const old = [...this.#running].filter(([name, { url }]) => wanted[name] !== url);
    for (const [name] of old) this.#running.delete(name);
    await Promise.all(old.map(([, { source }]) => source.stop()));
    for (const [name, { stream }] of old)
      if (!Object.hasOwn(wanted, name)) this.#streams.closePermanent(stream);
    const kept = new Map(old.map(([name, { stream }]) => [name, stream]));
    return Object.entries(wanted).flatMap(([name, url]) => {
      try {
        if (!this.#running.has(name)) this.#start(name, url, kept.get(name));
        return [];
      } catch (error) {
        if (error instanceof ServeError) return [error];
        throw error;
      }
    });
  }

  /** Closes all sources. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ source }) => source.stop()));
  }

  #start(name: string, url: string, known: ServedStream | undefined): void {
    const stream = known ?? this.#streams.openPermanent(name);
    const tell: LogSource = (text, code) =>
      this.#log(`${name}: ${text}`, { stream: name, ...(code ? { code } : {}) });
    const source = publishSource(stream, url, this.#config.bounds.maxMessageBytes, tell);
    this.#running.set(name, { url, source, stream });
  }
}

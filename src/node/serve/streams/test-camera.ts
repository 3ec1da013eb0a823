import { openSource } from "../../source/open-source.js";
import type { Source } from "../../source/source.js";
import type { Log } from "../log.js";
import type { Publisher } from "./stream-state.js";
import type { Streams } from "./streams.js";

/** The name of its stream. */
const name = "test-camera";

/**
 * The test camera that people start from the dashboard when they have no stream yet. The server has
 * only one.
 */
export class TestCamera {
  readonly #streams: Streams;
  readonly #log: Log;
  #source: Source | undefined;

  constructor(streams: Streams, log: Log) {
    this.#streams = streams;
    this.#log = log;
  }

  /** The name of its stream. */
  get name(): typeof name {
    return name;
  }

  /**
   * Starts publishing; does nothing if it already publishes.
   * @throws ServeError `NALIVE_NAME_IN_USE`, `NALIVE_TOO_MANY_STREAMS`
   */
  start(): void {
    if (this.#source) return;
    const source = openSource("test:", {});
    const publisher: Publisher = {
      peer: "built-in test camera",
      via: "source",
      dismiss: () => void this.stop(),
    };
    const stream = this.#streams.publish(name, publisher);
    this.#source = source;
    source.start({
      begin: () => undefined,
      push: (chunk) => stream.push(publisher, chunk),
      end: () => undefined,
      state: () => undefined,
      close: (reason) => {
        if (this.#source === source) this.#source = undefined;
        stream.detach(publisher, reason?.message ?? "The test camera was stopped");
        this.#log(`The test camera ended${reason ? `: ${reason.message}` : ""}`, { stream: name });
      },
    });
  }

  /** Stops publishing; resolves once its thread has exited. Does nothing if it does not publish. */
  async stop(): Promise<void> {
    await this.#source?.stop();
  }
}

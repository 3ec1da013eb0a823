import { TransportError } from "../../core/errors.js";
import type { Clock } from "../../core/time.js";
import type { Connection, Listener, Offer } from "./connection.js";
import type { Source, SourceSink } from "./source.js";
import { SourceOutput } from "./source-output.js";

/** What an {@link AcceptingSource} is made of. */
export interface AcceptingSourceOptions {
  readonly name: string;
  readonly clock: Clock;
  /** False: when the first sender leaves, the port closes and the source ends. */
  readonly reconnect: boolean;
  /** True: a second sender replaces the first. False: it is refused. */
  readonly takeover: boolean;
}

/**
 * A source that senders connect to. It accepts one sender at a time, and listens on when that one
 * leaves.
 */
export class AcceptingSource implements Source {
  readonly name: string;
  readonly kind = "live";
  readonly #options: AcceptingSourceOptions;
  readonly #listener: Listener;
  #output: SourceOutput | undefined;
  #closePort: (() => void) | undefined;
  #portOpen = false;
  #over = false;
  #paused = false;
  /**
   * The sender whose bytes are delivered. Connections of replaced senders stay until they have
   * closed.
   */
  #current: { peer: string; connection: Connection | undefined } | undefined;
  readonly #connections = new Set<Connection>();
  readonly #whenFree: Promise<void>;
  #resolveFree!: () => void;

  constructor(listener: Listener, options: AcceptingSourceOptions) {
    this.#listener = listener;
    this.#options = options;
    this.name = options.name;
    this.#whenFree = new Promise((resolve) => {
      this.#resolveFree = resolve;
    });
  }

  start(sink: SourceSink): void {
    if (this.#output) throw new TypeError(`Source ${this.name} was started already: open a new one`);
    const output = new SourceOutput(sink, this.#options.clock, this.#listener.framing);
    this.#output = output;
    if (this.#over) {
      output.close();
      return;
    }
    this.#portOpen = true;
    this.#closePort = this.#listener.listen({
      state: (event) => output.state(event),
      offered: (offer) => this.#offered(offer, output),
      closed: (error) => {
        this.#portOpen = false;
        this.#finish(error);
        this.#resolveIfFree();
      },
    });
  }

  pause(): void {
    this.#paused = true;
    this.#current?.connection?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#current?.connection?.resume();
  }

  requestKeyFrame(reason: string): void {
    this.#current?.connection?.requestKeyFrame?.(reason);
  }

  stop(): Promise<void> {
    this.#finish();
    this.#resolveIfFree();
    return this.#whenFree;
  }

  #offered(offer: Offer, output: SourceOutput): void {
    if (this.#over) {
      offer.refuse("the receiver is closing");
      return;
    }
    const previous = this.#current;
    if (previous && !this.#options.takeover) {
      const why = `another sender (${previous.peer}) is connected; add ?takeover to the receiver's address to let the newest win`;
      offer.refuse(why);
      output.state({ type: "refused", peer: offer.peer, why });
      return;
    }
    if (previous) {
      this.#current = undefined;
      previous.connection?.close();
      output.end(new TransportError("NALIVE_CONNECTION_LOST", `${offer.peer} took over`));
    }
    this.#accept(offer, output);
  }

  #accept(offer: Offer, output: SourceOutput): void {
    const sender: { peer: string; connection: Connection | undefined } = {
      peer: offer.peer,
      connection: undefined,
    };
    this.#current = sender;
    output.begin(offer.peer);
    const connection = offer.accept({
      connected() {},
      data: (bytes) => {
        if (this.#current === sender) output.push(bytes);
      },
      state: (event) => output.state(event),
      closed: (error) => {
        this.#connections.delete(connection);
        if (this.#current === sender) {
          this.#current = undefined;
          output.end(error);
          if (!this.#options.reconnect) this.#finish(error);
        }
        this.#resolveIfFree();
      },
    });
    sender.connection = connection;
    this.#connections.add(connection);
    // The sink may stop or pause the source when it hears about this sender.
    if (this.#over) connection.close();
    else if (this.#paused) connection.pause();
  }

  #finish(reason?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#current = undefined;
    this.#closePort?.();
    for (const connection of this.#connections) connection.close();
    this.#output?.close(reason);
  }

  #resolveIfFree(): void {
    if (this.#over && !this.#portOpen && this.#connections.size === 0) this.#resolveFree();
  }
}

import { TransportError } from "../../core/errors.js";
import type { SourceState } from "../source/source.js";
import type { Outlet, Target } from "./target.js";

/** Receivers beyond this number are refused. */
const mostReceivers = 32;

/**
 * Opens a port. Reports each receiver that connects, and once that the port is closed or cannot be
 * opened.
 *
 * @returns closes the port
 */
export type OpenPort = (events: {
  state(event: SourceState): void;
  /** @returns false when the receiver must be refused */
  connected(outlet: Outlet): boolean;
  closed(error?: Error): void;
}) => () => void;

/** A target that receivers connect to. All get the same bytes, at the pace of the slowest. */
export class AcceptingTarget implements Target {
  readonly name: string;
  readonly #openPort: OpenPort;
  readonly #reconnect: boolean;
  readonly #report: (event: SourceState) => void;
  readonly #outlets = new Set<Outlet>();
  #port: { close: () => void; closed: Promise<void> } | undefined;
  #failure: Error | undefined;
  #closing = false;
  /** Called at each change that `ready` waits for. */
  #changed = () => {};

  constructor(openPort: OpenPort, name: string, reconnect: boolean, report: (event: SourceState) => void) {
    this.#openPort = openPort;
    this.name = name;
    this.#reconnect = reconnect;
    this.#report = report;
  }

  async ready(): Promise<boolean> {
    if (!this.#closing) this.#port ??= this.#listen();
    while (this.#outlets.size === 0 && !this.#closing) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    return !this.#closing;
  }

  async write(data: Uint8Array): Promise<void> {
    // A receiver lost during the write is removed; the others continue.
    await Promise.all(Array.from(this.#outlets, (outlet) => outlet.write(data).catch(() => outlet.gone)));
    if (this.#outlets.size === 0)
      throw (
        this.#failure ?? new TransportError("NALIVE_CONNECTION_LOST", `${this.name} has no receiver left`)
      );
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#changed();
    this.#port?.close();
    await Promise.all(Array.from(this.#outlets, (outlet) => outlet.close()));
    await this.#port?.closed;
  }

  #listen(): { close: () => void; closed: Promise<void> } {
    let resolve!: () => void;
    const closed = new Promise<void>((done) => {
      resolve = done;
    });
    const close = this.#openPort({
      state: this.#report,
      connected: (outlet) => this.#connected(outlet),
      closed: (error) => {
        if (error) this.#failure = error;
        resolve();
        this.#changed();
      },
    });
    return { close, closed };
  }

  #connected(outlet: Outlet): boolean {
    const { peer } = outlet;
    if (this.#closing || this.#outlets.size >= mostReceivers) {
      this.#report({ type: "refused", peer, why: `${this.#outlets.size} receivers are connected already` });
      return false;
    }
    this.#outlets.add(outlet);
    this.#report({ type: "connected", peer });
    outlet.gone.then((reason) => {
      this.#outlets.delete(outlet);
      if (this.#outlets.size === 0 && !this.#reconnect)
        this.#failure =
          reason ?? new TransportError("NALIVE_CONNECTION_LOST", `${peer} closed the connection`);
      this.#report({ type: "ended", peer, reason });
      this.#changed();
    });
    this.#changed();
    return true;
  }
}

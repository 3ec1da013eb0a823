import { BackOff } from "../../core/back-off.js";
import { TransportError } from "../../core/errors.js";
import { type Clock, fromMilliseconds } from "../../core/time.js";
import type { SourceState } from "../source/source.js";
import type { Outlet, Target } from "./target.js";

/** Connects to a receiver, or rejects with a `TransportError`. Called for each attempt. */
export type OpenOutlet = (signal: AbortSignal) => Promise<Outlet>;

/** What a {@link DialingTarget} is made of. */
export interface DialingTargetOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly reconnect: boolean;
  readonly report: (event: SourceState) => void;
}

/**
 * A target that connects to its receiver, and connects again after each loss, waiting longer each
 * time.
 */
export class DialingTarget implements Target {
  readonly name: string;
  readonly #open: OpenOutlet;
  readonly #options: DialingTargetOptions;
  readonly #abort = new AbortController();
  readonly #backOff = new BackOff();
  #outlet: Outlet | undefined;
  #lost: Error | undefined;

  constructor(open: OpenOutlet, options: DialingTargetOptions) {
    this.name = options.name;
    this.#open = open;
    this.#options = options;
  }

  async ready(): Promise<boolean> {
    const { reconnect, report } = this.#options;
    while (!this.#outlet && !this.#abort.signal.aborted) {
      try {
        if (this.#lost) throw this.#lost;
        await this.#connect();
      } catch (error) {
        if (this.#abort.signal.aborted) return false;
        if (!reconnect) throw error;
        this.#lost = undefined;
        const inMs = this.#backOff.next();
        report({ type: "retrying", inMs, error: error as Error });
        await this.#wait(inMs);
      }
    }
    return !this.#abort.signal.aborted;
  }

  async write(data: Uint8Array): Promise<void> {
    const outlet = this.#outlet;
    if (!outlet)
      throw this.#lost ?? new TransportError("NALIVE_CONNECTION_LOST", `${this.name} is not connected`);
    try {
      await outlet.write(data);
    } catch (error) {
      // After that, `ready` knows that it has to connect again.
      await outlet.gone;
      throw error;
    }
    this.#backOff.reset();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#outlet?.close();
  }

  async #connect(): Promise<void> {
    const outlet = await this.#open(this.#abort.signal);
    if (this.#abort.signal.aborted) return outlet.close();
    this.#outlet = outlet;
    const { peer } = outlet;
    this.#options.report({ type: "connected", peer });
    outlet.gone.then((reason) => {
      this.#outlet = undefined;
      this.#lost = reason ?? new TransportError("NALIVE_CONNECTION_LOST", `${peer} closed the connection`);
      this.#options.report({ type: "ended", peer, reason });
    });
  }

  #wait(ms: number): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const cancel = this.#options.clock.startTimer(fromMilliseconds(ms), () => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
      const stop = () => {
        cancel();
        resolve();
      };
      signal.addEventListener("abort", stop, { once: true });
    });
  }
}

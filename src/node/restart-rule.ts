import { BackOff } from "../core/back-off.js";
import type { Clock, Microseconds } from "../core/time.js";
import { systemClock } from "./clock.js";

/** This many deaths within `freeTime` lead to a restart without a pause. */
const freeDeaths = 3;
const freeTime = 10_000_000 as Microseconds;

/**
 * Decides when to restart a thread or process that died: at once, or after growing pauses when it
 * keeps dying.
 */
export class RestartRule {
  readonly #clock: Pick<Clock, "now">;
  readonly #backOff = new BackOff();
  /** The times of the latest deaths, at most `freeDeaths`. */
  readonly #deaths: Microseconds[] = [];

  constructor(clock: Pick<Clock, "now"> = systemClock) {
    this.#clock = clock;
  }

  /** Counts a death. @returns how long to wait before the restart, ms */
  died(): number {
    const now = this.#clock.now();
    const isOften = this.#deaths.length === freeDeaths && now - this.#deaths[0]! < freeTime;
    this.#deaths.push(now);
    if (this.#deaths.length > freeDeaths) this.#deaths.shift();
    if (isOften) return this.#backOff.next();
    this.#backOff.reset();
    return 0;
  }
}

import { BackOff } from "../core/back-off.js";
import type { Clock, Microseconds } from "../core/time.js";
import { systemClock } from "./clock.js";

/** So many deaths in so long a time are answered at once. */
const freeDeaths = 3;
const freeTime = 10_000_000 as Microseconds;

/**
 * When to start again what has died: at once, and with growing pauses when it dies again and again.
 */
export class RestartRule {
  readonly #clock: Pick<Clock, "now">;
  readonly #backOff = new BackOff();
  /** When it died last, at most `freeDeaths` times. */
  readonly #deaths: Microseconds[] = [];

  constructor(clock: Pick<Clock, "now"> = systemClock) {
    this.#clock = clock;
  }

  /** It died. @returns how long to wait before it is started again, ms */
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

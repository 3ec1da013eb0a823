import { type Clock, type Microseconds, microseconds } from "../../../core/time.js";

/** A pacer that is later than this restarts its rhythm instead of catching up in a burst. */
const mostLate = microseconds(500_000);

/**
 * Real time: turn n comes n intervals after the first, however long the work between turns takes.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #interval: number;
  #firstAt: Microseconds | undefined;
  #turns = 0;
  #wake: (() => void) | undefined;
  #stopped = false;

  constructor(clock: Clock, fps: number) {
    this.#clock = clock;
    this.#interval = 1_000_000 / fps;
  }

  /** Resolves at the next turn, the first time at once. @returns false after {@link stop} */
  async turn(): Promise<boolean> {
    const now = this.#clock.now();
    let due = (this.#firstAt ?? now) + this.#turns * this.#interval;
    if (this.#firstAt === undefined || now - due > mostLate) {
      this.#firstAt = now;
      this.#turns = 0;
      due = now;
    }
    this.#turns++;
    if (due > now && !this.#stopped) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.startTimer(microseconds(due - now), resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
    return !this.#stopped;
  }

  /** Makes the next turn the first of a new rhythm. */
  restart(): void {
    this.#firstAt = undefined;
  }

  /** Ends the wait for a turn, and all later ones, at once. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }
}

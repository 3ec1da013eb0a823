import { type Clock, type Microseconds, microseconds } from "../../../core/time.js";

/** Behind by more than this, the rhythm starts anew instead of catching up in a burst. */
const patience = microseconds(500_000);

/**
 * Real time: the nth turn comes n intervals after the first, however long the work between the
 * turns takes.
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

  /** Resolves at the next turn, the first time at once; false after {@link stop}. */
  async turn(): Promise<boolean> {
    const now = this.#clock.now();
    let due = (this.#firstAt ?? now) + this.#turns * this.#interval;
    if (this.#firstAt === undefined || now - due > patience) {
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

  /** The next turn is the first of a new rhythm. */
  restart(): void {
    this.#firstAt = undefined;
  }

  /** Ends a wait at once, and all later ones. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }
}

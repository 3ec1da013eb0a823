import {
  type CancelTimer,
  type Clock,
  fromMilliseconds,
  type Microseconds,
  microseconds,
} from "../../src/core/time.js";

interface FakeTimer {
  readonly at: number;
  readonly fire: () => void;
}

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
  /** Not 0, so that code which takes 0 for "never" is found out. */
  #now = 5_000_000;
  readonly #timers = new Set<FakeTimer>();

  now(): Microseconds {
    return microseconds(this.#now);
  }

  startTimer(delay: Microseconds, fire: () => void): CancelTimer {
    // Whole microseconds, as the real clock counts: a timer never fires in the instant that it was started.
    const timer = { at: this.#now + Math.max(1, Math.ceil(delay)), fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have neither fired nor been stopped. */
  get timersRunning(): number {
    return this.#timers.size;
  }

  /** Lets `ms` milliseconds pass: timers fire in order, each at its own time. */
  advance(ms: number): void {
    const end = this.#now + Math.round(fromMilliseconds(ms));
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.fire();
    }
    this.#now = end;
  }
}

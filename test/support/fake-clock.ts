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

/** Time that passes only when a test advances it. */
export class FakeClock implements Clock {
  /** Not 0, so that code which mistakes 0 for "never" fails. */
  #now = 5_000_000;
  readonly #timers = new Set<FakeTimer>();

  now(): Microseconds {
    return microseconds(this.#now);
  }

  startTimer(delay: Microseconds, fire: () => void): CancelTimer {
    // Whole microseconds, as on the real clock: a timer never fires at the instant of its start.
    const timer = { at: this.#now + Math.max(1, Math.ceil(delay)), fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that are running. */
  get timersRunning(): number {
    return this.#timers.size;
  }

  /** Lets `ms` milliseconds pass. Timers fire in order, each at its time. */
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

import { type CancelTimer, type Clock, fromMilliseconds, type Microseconds } from "../core/time.js";

/** The monotonic clock of this page or worker. Their zeros differ. */
export const browserClock: Clock = {
  now: () => fromMilliseconds(performance.now()),
  startTimer(delay: Microseconds, fire: () => void): CancelTimer {
    const timer = setTimeout(fire, delay / 1000);
    return () => clearTimeout(timer);
  },
};

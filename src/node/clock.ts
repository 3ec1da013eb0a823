import { type CancelTimer, type Clock, type Microseconds, microseconds } from "../core/time.js";

/** The process's monotonic clock: the same origin in every worker thread. */
export const systemClock: Clock = {
  now: () => microseconds(Number(process.hrtime.bigint() / 1000n)),
  startTimer(delay: Microseconds, fire: () => void): CancelTimer {
    const timer = setTimeout(fire, delay / 1000);
    return () => clearTimeout(timer);
  },
};

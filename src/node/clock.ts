import { type CancelTimer, type Clock, type Microseconds, microseconds } from "../core/time.js";

/** The process's monotonic clock: the same origin in every worker thread. */
export const systemClock: Clock = {
  now: () => microseconds(Number(process.hrtime.bigint() / 1000n)),
  startTimer(delay: Microseconds, fire: () => void): CancelTimer {
    let immediate: NodeJS.Immediate | undefined;
    // When the loop was busy, bytes may wait in the kernel by the time a timer fires. setImmediate comes after the next
    // look at the sockets, so that silence is never taken for what is only our own delay.
    const timer = setTimeout(() => {
      immediate = setImmediate(fire);
    }, delay / 1000);
    return () => {
      clearTimeout(timer);
      if (immediate) clearImmediate(immediate);
    };
  },
};

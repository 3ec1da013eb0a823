import { type CancelTimer, type Clock, type Microseconds, microseconds } from "../core/time.js";

const { bigint: nanoseconds } = process.hrtime;

/**
 * setTimeout counts whole milliseconds and may be one late: the rest of a wait below this is spun,
 * µs.
 */
const spunWait = 1500;

/**
 * The process's monotonic clock: the same origin in every worker thread.
 *
 * Timers fire in the phase of the event loop after its look at the sockets. When the loop was busy,
 * bytes may wait in the kernel by the time a timer is due; this way silence is never taken for what
 * is only our own delay. The last 1.5 ms are spun through the loop, a look at the sockets each
 * turn: a millisecond of processor time buys one of delay.
 */
export const systemClock: Clock = {
  now: () => microseconds(Number(nanoseconds() / 1000n)),
  startTimer(delay: Microseconds, fire: () => void): CancelTimer {
    const due = systemClock.now() + delay;
    let immediate: NodeJS.Immediate | undefined;
    const spin = () => {
      if (systemClock.now() >= due) fire();
      else immediate = setImmediate(spin);
    };
    const start = () => {
      immediate = setImmediate(spin);
    };
    const timer = delay > spunWait ? setTimeout(start, (delay - spunWait) / 1000) : void start();
    return () => {
      clearTimeout(timer);
      if (immediate) clearImmediate(immediate);
    };
  },
};

/**
 * The same clock without spinning: a timer may be a millisecond late, and costs nothing while it
 * runs. For processes that receive many streams.
 */
export const thriftyClock: Clock = {
  now: systemClock.now,
  startTimer(delay: Microseconds, fire: () => void): CancelTimer {
    const timer = setTimeout(() => void (immediate = setImmediate(fire)), Math.ceil(delay / 1000));
    let immediate: NodeJS.Immediate | undefined;
    return () => {
      clearTimeout(timer);
      if (immediate) clearImmediate(immediate);
    };
  },
};

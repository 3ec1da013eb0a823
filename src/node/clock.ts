import { type CancelTimer, type Clock, type Microseconds, microseconds } from "../core/time.js";

const { bigint: nanoseconds } = process.hrtime;

/**
 * The last part of a wait, which is spun, µs: setTimeout counts whole milliseconds and may be one
 * late.
 */
const spunWait = 1500;

/**
 * The process's monotonic clock, with the same origin in every worker thread.
 *
 * Timers fire in the phase of the event loop that follows reading the sockets. When the loop was
 * busy, bytes may wait in the kernel by the time a timer is due, and this order keeps our own delay
 * from counting as silence. A timer spins through the loop for its last 1.5 ms, which reads the
 * sockets each turn: a millisecond of processor time saves a millisecond of delay.
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
 * The same clock without spinning, for processes that receive many streams: a timer may be a
 * millisecond late and costs nothing while it runs.
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

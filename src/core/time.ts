declare const unit: unique symbol;

/**
 * Microseconds on the monotonic clock of this process (`Clock.now`). A type of its own, so that it
 * cannot be mixed up with milliseconds.
 */
export type Microseconds = number & { readonly [unit]: "µs" };

/** Stops a timer that a {@link Clock} started; harmless when it has fired already. */
export type CancelTimer = () => void;

/** The only source of time. Bitstream code gets one passed in, so that a test can drive it. */
export interface Clock {
  /** Monotonic time in µs; its zero has no meaning. */
  now(): Microseconds;
  /** Calls `fire` once, `delay` µs from now or as soon after as the platform can. */
  startTimer(delay: Microseconds, fire: () => void): CancelTimer;
}

/** Brands a number of microseconds. */
export const microseconds = (value: number): Microseconds => value as Microseconds;

/** Converts milliseconds, as options have them, to the microseconds used inside. */
export const fromMilliseconds = (value: number): Microseconds => (value * 1000) as Microseconds;

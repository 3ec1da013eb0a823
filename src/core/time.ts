declare const unit: unique symbol;

/**
 * Microseconds, and moments on the monotonic clock of this process (`Clock.now`). A branded type,
 * so that a mix-up with milliseconds does not compile.
 */
export type Microseconds = number & { readonly [unit]: "µs" };

/** Stops a timer of a {@link Clock}. Does nothing if it has fired. */
export type CancelTimer = () => void;

/** The only source of time for bitstream code, so that a test can drive it. */
export interface Clock {
  /** Monotonic time in µs. Its zero has no meaning. */
  now(): Microseconds;
  /** Calls `fire` once, after `delay` µs or as soon as the platform can after that. */
  startTimer(delay: Microseconds, fire: () => void): CancelTimer;
}

/** Brands a number of microseconds. */
export const microseconds = (value: number): Microseconds => value as Microseconds;

/** Converts milliseconds, the unit of options, to microseconds. */
export const fromMilliseconds = (value: number): Microseconds => (value * 1000) as Microseconds;

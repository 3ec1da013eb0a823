import { fromMilliseconds, type Microseconds, microseconds } from "../../core/time.js";

/** Pictures from which the delay is learned: the latest four seconds at 30 pictures/s. */
const memory = 128;
/** Share of pictures that should arrive on time. */
const inTime = 0.95;
/** How fast the delay shrinks: 50 ms per second, a speed-up that nobody sees. */
const shrinkRate = 0.05;
/**
 * Pictures belong to a bunch if they arrive within this share of the time between their timestamps.
 */
const usualPace = 0.75;
/** A picture that is overdue by less counts as on time. */
const slightly = fromMilliseconds(10);
/**
 * A picture this much later or earlier than the others says nothing about jitter: the connection
 * stalled, or the sender's clock jumped.
 */
const jump = fromMilliseconds(250);

/**
 * What is known of the time from the sender's clock to arrival.
 * - `unknown`: nothing, because no picture has come or the clock jumped.
 * - `catching-up`: pictures that waited on the way arrive in a bunch. Their lateness says nothing
 *   about jitter.
 * - `steady`: pictures arrive as they are made, and each one teaches.
 */
type State = "unknown" | "catching-up" | "steady";

/**
 * Learns from arrival times when pictures are due: an adaptive jitter buffer without the buffer.
 *
 * The delay is the 95th percentile of the recent pictures' transit times, less the shortest one. It
 * grows at once and shrinks slowly. The window moves on at both ends, so the timeline follows a
 * sender's clock that runs faster or slower than ours.
 */
export class PlayoutTimeline {
  readonly #maxDelay: number;
  /** Arrival minus timestamp of the latest pictures, µs, as a ring. */
  readonly #transits: number[] = [];
  #next = 0;
  #quickest = 0;
  #state: State = "unknown";
  /** What to add to a timestamp to get the time at which the picture is due, µs. */
  #playout = 0;
  #last: { readonly timestamp: number; readonly arrival: number } | undefined;

  /** @param maxDelay longest time for which a picture may be held, µs */
  constructor(maxDelay: Microseconds) {
    this.#maxDelay = maxDelay;
  }

  /** How long the fastest picture is currently held. */
  get delay(): Microseconds {
    return microseconds(this.#transits.length > 0 ? this.#playout - this.#quickest : 0);
  }

  /** Forgets everything, for another sender or clock: the next picture is due when it comes. */
  reset(): void {
    this.#transits.length = 0;
    this.#next = 0;
    this.#state = "unknown";
    this.#last = undefined;
  }

  /**
   * Learns from a picture that has just arrived.
   *
   * @returns when it is due, which may be in the past, and whether it is part of a backlog:
   *   overdue, and so soon after the previous one that a newer one probably follows at once
   */
  arrive(timestamp: Microseconds, arrival: Microseconds): { due: Microseconds; backlog: boolean } {
    const transit = arrival - timestamp;
    if (this.#last && transit - (this.#last.arrival - this.#last.timestamp) < -jump) this.reset();
    const elapsed = this.#last ? arrival - this.#last.arrival : 0;
    const bunched = this.#last !== undefined && elapsed < usualPace * (timestamp - this.#last.timestamp);
    this.#last = { timestamp, arrival };
    this.#follow(transit, bunched);
    if (this.#state === "steady") this.#learn(transit, elapsed);
    const known = this.#transits.length > 0;
    const due = known ? timestamp + this.#playout : arrival;
    return { due: microseconds(due), backlog: bunched && (!known || arrival - due > slightly) };
  }

  /** Moves to the state that a picture's transit shows. */
  #follow(transit: number, bunched: boolean): void {
    if (this.#state === "unknown") {
      this.#state = "catching-up";
      return;
    }
    const known = this.#transits.length > 0;
    const lateness = transit - this.#quickest;
    if (known && lateness < -jump) {
      this.#forget();
    } else if (known && lateness > jump) {
      // The first one may follow a stall. A second one as late, at the usual pace, shows that the
      // transit time has changed.
      if (this.#state === "catching-up" && !bunched) this.#forget();
      this.#state = "catching-up";
    } else if (!bunched || (known && transit <= this.#playout)) {
      this.#state = "steady";
    }
  }

  #forget(): void {
    this.#transits.length = 0;
    this.#next = 0;
    this.#state = "catching-up";
  }

  #learn(transit: number, elapsed: number): void {
    const first = this.#transits.length === 0;
    this.#transits[this.#next] = transit;
    this.#next = (this.#next + 1) % memory;
    const sorted = Float64Array.from(this.#transits).sort();
    this.#quickest = sorted[0]!;
    const latest = this.#quickest + this.#maxDelay;
    const target = Math.min(sorted[Math.ceil(inTime * sorted.length) - 1]!, latest);
    const shrunk = first ? target : this.#playout - elapsed * shrinkRate;
    this.#playout = Math.min(Math.max(target, shrunk), latest);
  }
}

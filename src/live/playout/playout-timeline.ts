import { fromMilliseconds, type Microseconds, microseconds } from "../../core/time.js";

/** How many of the latest pictures the delay is learned from: four seconds at 30 pictures/s. */
const memory = 128;
/** The share of pictures that should be there in time. */
const inTime = 0.95;
/** How fast the delay becomes smaller: 50 ms in each second, a speed-up that nobody sees. */
const shrinkRate = 0.05;
/**
 * Pictures that come closer together than this share of the time between their timestamps come in a
 * bunch.
 */
const usualPace = 0.75;
/** A picture that is overdue by less is as good as in time. */
const slightly = fromMilliseconds(10);
/**
 * A picture that is this much later (or earlier) than the rest says nothing about jitter: the line
 * stood still, or the sender's clock jumped.
 */
const jump = fromMilliseconds(250);

/**
 * What is known of the way from the sender's clock to a moment here.
 * - `unknown`: no picture came yet, or the clock jumped: nothing can be said.
 * - `catching-up`: pictures that waited somewhere come in a bunch; how late they are says nothing
 *   about jitter.
 * - `steady`: pictures come as they are made, and each one teaches.
 */
type State = "unknown" | "catching-up" | "steady";

/**
 * Learns when pictures are due, from when they came: an adaptive jitter buffer without the buffer.
 * The delay is what the latest of 95 in 100 recent pictures needed more than the quickest one. It
 * grows at once and shrinks slowly. Both ends of the window move, so a sender's clock that runs
 * faster or slower than ours is followed.
 */
export class PlayoutTimeline {
  readonly #maxDelay: number;
  /** Arrival minus timestamp of the latest pictures, µs; a ring. */
  readonly #transits: number[] = [];
  #next = 0;
  #quickest = 0;
  #state: State = "unknown";
  /** What to add to a timestamp to get the moment at which the picture is due, µs. */
  #playout = 0;
  #last: { readonly timestamp: number; readonly arrival: number } | undefined;

  /** @param maxDelay the longest that a picture may be held for the sake of evenness */
  constructor(maxDelay: Microseconds) {
    this.#maxDelay = maxDelay;
  }

  /** How long the quickest picture is held at present. */
  get delay(): Microseconds {
    return microseconds(this.#transits.length > 0 ? this.#playout - this.#quickest : 0);
  }

  /**
   * Forgets everything: the next picture is due when it comes. For another sender or another clock.
   */
  reset(): void {
    this.#transits.length = 0;
    this.#next = 0;
    this.#state = "unknown";
    this.#last = undefined;
  }

  /**
   * Learns from a picture that came just now.
   *
   * @returns when it is due, which may be over, and whether it is part of a backlog: overdue, and
   *   so soon after the one before that a newer one probably follows at once
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
      // The first one may follow a stall. A second that is as late, at the usual pace, shows that
      // this is how it is now.
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

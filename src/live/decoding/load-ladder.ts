import type { Microseconds } from "../../core/time.js";

/**
 * What is left out to come level again, from nothing to most. Each rung holds all before it.
 * - `none`
 * - `conversion`: pictures that a newer one is about to replace are not converted or drawn
 * - `loop-filter`: pictures that no other refers to are decoded without the loop filter
 * - `non-reference`: they are not decoded at all
 * - `jump`: decoding goes on at the newest random access point that waits
 * - `wait`: where none waits, at the next one that comes
 */
export type Rung = "none" | "conversion" | "loop-filter" | "non-reference" | "jump" | "wait";

/**
 * The rungs, and the age at which each is climbed, as a share of `maxLagMs`.
 *
 * Waiting comes so late because it makes nothing younger: the picture in view ages while nothing is shown, and one that is
 * decoded late is newer than one that stands still. It only ends what would go on for ever, in a stream with random access
 * points far apart.
 */
const rungs: readonly { readonly rung: Rung; readonly from: number }[] = [
  { rung: "none", from: 0 },
  { rung: "conversion", from: 1 / 16 },
  { rung: "loop-filter", from: 1 / 4 },
  { rung: "non-reference", from: 1 / 2 },
  { rung: "jump", from: 1 },
  { rung: "wait", from: 4 },
];

/** A rung is left below this share of the age at which it was climbed, so that the load does not make it flicker. */
const hysteresis = 0.5;

/**
 * The load ladder: from how late decoding is, what it leaves out. The last rung is climbed only after `maxLagMs` on the one before:
 * where decoding had stopped for a while (the process was suspended) and goes on as fast as ever, it is level by then.
 */
export class LoadLadder {
  readonly #maxLag: Microseconds;
  #step = 0;
  /** Since when it has been on the last rung but one. */
  #lastButOneSince: Microseconds | undefined;

  /** @param maxLag age from which decoding jumps */
  constructor(maxLag: Microseconds) {
    this.#maxLag = maxLag;
  }

  /** The rung at present. */
  get rung(): Rung {
    return rungs[this.#step]!.rung;
  }

  /** To be called before each access unit. @param age how long the oldest one has waited */
  look(age: Microseconds, now: Microseconds): void {
    const climbed = rungs.findLastIndex(({ from }) => age >= from * this.#maxLag);
    if (climbed < rungs.length - 2) this.#lastButOneSince = undefined;
    else this.#lastButOneSince ??= now;
    const isLong = this.#lastButOneSince !== undefined && now - this.#lastButOneSince >= this.#maxLag;
    this.#step = Math.max(this.#step, Math.min(climbed, rungs.length - (isLong ? 1 : 2)));
    while (age < rungs[this.#step]!.from * this.#maxLag * hysteresis) this.#step--;
  }

  /** True on that rung and on those above. */
  isAt(rung: Rung): boolean {
    return this.#step >= rungs.findIndex((each) => each.rung === rung);
  }

  /** What made it late was thrown away. */
  restart(): void {
    this.#step = 0;
    this.#lastButOneSince = undefined;
  }
}

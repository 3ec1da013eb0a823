import type { Microseconds } from "../../core/time.js";

/**
 * What decoding leaves out to catch up, from nothing to most. Each rung includes the ones before
 * it.
 * - `none`
 * - `conversion`: pictures that a newer one is about to replace are not converted or drawn
 * - `loop-filter`: pictures that no other refers to are decoded without the loop filter
 * - `non-reference`: these are not decoded at all
 * - `jump`: decoding resumes at the newest random access point that waits
 * - `wait`: where none waits, decoding resumes at the next one that arrives
 */
export type Rung = "none" | "conversion" | "loop-filter" | "non-reference" | "jump" | "wait";

/**
 * The rungs, and the age at which each is climbed, as a share of `maxLagMs`.
 *
 * Waiting comes last because it makes nothing younger. While nothing is shown, the picture in view
 * ages, and a picture that is decoded late is still newer. Waiting only keeps a stream whose random
 * access points are far apart from staying behind for good.
 */
const rungs: readonly { readonly rung: Rung; readonly from: number }[] = [
  { rung: "none", from: 0 },
  { rung: "conversion", from: 1 / 16 },
  { rung: "loop-filter", from: 1 / 4 },
  { rung: "non-reference", from: 1 / 2 },
  { rung: "jump", from: 1 },
  { rung: "wait", from: 4 },
];

/**
 * A rung is left below this share of the age at which it was climbed, so that it does not flicker.
 */
const hysteresis = 0.5;

/**
 * The load ladder decides what to leave out, by how late decoding is. The last rung takes
 * `maxLagMs` on the one before: a process that was suspended and decodes as fast as ever has caught
 * up by then.
 */
export class LoadLadder {
  readonly #maxLag: Microseconds;
  #step = 0;
  /** Since when it has stood on the last rung but one. */
  #lastButOneSince: Microseconds | undefined;

  /** @param maxLag age from which decoding jumps */
  constructor(maxLag: Microseconds) {
    this.#maxLag = maxLag;
  }

  /** The rung at present. */
  get rung(): Rung {
    return rungs[this.#step]!.rung;
  }

  /** To be called before each access unit. @param age how long the oldest waiting one has waited */
  look(age: Microseconds, now: Microseconds): void {
    const climbed = rungs.findLastIndex(({ from }) => age >= from * this.#maxLag);
    if (climbed < rungs.length - 2) this.#lastButOneSince = undefined;
    else this.#lastButOneSince ??= now;
    const isLong = this.#lastButOneSince !== undefined && now - this.#lastButOneSince >= this.#maxLag;
    this.#step = Math.max(this.#step, Math.min(climbed, rungs.length - (isLong ? 1 : 2)));
    while (age < rungs[this.#step]!.from * this.#maxLag * hysteresis) this.#step--;
  }

  /** True on that rung and on the rungs above it. */
  isAt(rung: Rung): boolean {
    return this.#step >= rungs.findIndex((each) => each.rung === rung);
  }

  /** What made decoding late was dropped. */
  restart(): void {
    this.#step = 0;
    this.#lastButOneSince = undefined;
  }
}

import { type Microseconds, microseconds } from "../../core/time.js";

/** The shortest silence that is ever taken for an end, µs: some turns of an event loop that found no more bytes. */
const shortest = 50;
/** Silences to choose from, each so many times the one before. */
const ratio = 1.5;
const choices = 23;
/** A gap counts as one that fooled a silence when it came this near to it. */
const margin = 1.25;
/** Believed before anything was measured, as if so many pictures had been seen: none with a gap of 3 ms, few with any. */
const firstBelief = { gap: 3000, picturesWithoutWider: 20, picturesWithoutGap: 4 };
/** How much one picture counts in the share of pictures with a gap: about the last hundred are remembered. */
const weight = 0.01;

/** Guessing worse than this is no guessing, however cheap a mistake is. */
const mostWrong = 0.25;

/** One silence that might be chosen, and how often it would have been wrong. */
interface Choice {
  readonly silence: number;
  /** Share of the pictures lately with a wider gap inside. */
  wrongShare: number;
  /** Pictures since the last one with a wider gap. */
  picturesSince: number;
  /** The picture that is coming in has one. */
  isWrongNow: boolean;
}

/**
 * Chooses the silence that is taken for the end of a picture: the one with the least delay to be expected.
 *
 * A short silence ends pictures sooner, and more often ends one in the middle, which costs decoding again from the last
 * random access point. Waiting for the next picture costs one picture interval, and is never wrong. What is rare in the
 * stream so far is believed to be rare: a share that was never seen is taken as half a case in all pictures since.
 */
export class SilenceRule {
  readonly #choices: Choice[] = Array.from({ length: choices }, (_, index) => {
    const silence = Math.round(shortest * ratio ** index);
    const picturesSince =
      silence > firstBelief.gap ? firstBelief.picturesWithoutWider : firstBelief.picturesWithoutGap;
    return { silence, wrongShare: 0, picturesSince, isWrongNow: false };
  });
  /** Pictures without any gap since the choices were brought up to date: most streams have nothing else, and a hundred choose seldom. */
  #calm = 0;
  #hasGap = false;

  /** A time without a byte inside the picture that is coming in. */
  noteGap(gap: Microseconds): void {
    this.#settle();
    this.#hasGap = true;
    for (const choice of this.#choices) {
      if (choice.isWrongNow || gap * margin <= choice.silence) continue;
      choice.isWrongNow = true;
      choice.wrongShare += (1 - choice.wrongShare) * weight;
      choice.picturesSince = 0;
    }
  }

  /** The next picture begins. */
  nextPicture(): void {
    if (!this.#hasGap) {
      this.#calm++;
      return;
    }
    this.#hasGap = false;
    for (const choice of this.#choices) {
      if (!choice.isWrongNow) {
        choice.wrongShare -= choice.wrongShare * weight;
        choice.picturesSince++;
      }
      choice.isWrongNow = false;
    }
  }

  /**
   * The silence to wait for now; undefined when it is better to wait for the next picture.
   * @param interval time between pictures
   * @param healCost time to decode again from the last random access point; infinite when that cannot be done
   */
  choose(interval: Microseconds, healCost: Microseconds): Microseconds | undefined {
    this.#settle();
    // All pictures that come while the decoder catches up are late, too.
    const mistake = healCost + (healCost * healCost) / (2 * interval);
    let best: number | undefined;
    let bestCost: number = interval;
    for (const { silence, wrongShare, picturesSince } of this.#choices) {
      if (silence >= interval / 2) break;
      const share = Math.max(wrongShare, 0.5 / (1 + picturesSince));
      const cost = silence + share * mistake;
      if (cost >= bestCost || share > mostWrong) continue;
      best = silence;
      bestCost = cost;
    }
    return best === undefined ? undefined : microseconds(best);
  }

  /** Takes account of the pictures without a gap. */
  #settle(): void {
    if (this.#calm === 0) return;
    const rest = (1 - weight) ** this.#calm;
    for (const choice of this.#choices) {
      choice.wrongShare *= rest;
      choice.picturesSince += this.#calm;
    }
    this.#calm = 0;
  }
}

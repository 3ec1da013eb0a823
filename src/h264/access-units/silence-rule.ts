import { type Microseconds, microseconds } from "../../core/time.js";

/** The shortest silence to choose, µs: a few turns of an event loop that find no bytes. */
const shortest = 50;
/** Each silence to choose from is this much longer than the one before. */
const ratio = 1.5;
const choices = 23;
/** A gap this much shorter than a silence already counts against it. */
const margin = 1.25;
/** Assumed at the start: twenty pictures without a gap above 3 ms, and four without any gap. */
const firstBelief = { gap: 3000, picturesWithoutWider: 20, picturesWithoutGap: 4 };
/** The weight of one picture in a share: about the last hundred pictures count. */
const weight = 0.01;

/** A silence that is wrong more often is never chosen, however cheap a mistake is. */
const mostWrong = 0.25;

/** A silence to choose, and how often it would have been wrong. */
interface Choice {
  readonly silence: number;
  /** The share of recent pictures with a wider gap inside. */
  wrongShare: number;
  /** Pictures since the last one with a wider gap inside. */
  picturesSince: number;
  /** The picture in hand has a wider gap. */
  isWrongNow: boolean;
}

/**
 * Chooses the silence that ends a picture: the timeout that minimises the expected delay.
 *
 * A short silence ends pictures sooner, but more often in the middle, which costs decoding again.
 * Waiting for the next picture costs one picture interval and is never wrong. A gap that never
 * occurred counts as half a case in all pictures since.
 */
export class SilenceRule {
  readonly #choices: Choice[] = Array.from({ length: choices }, (_, index) => {
    const silence = Math.round(shortest * ratio ** index);
    const picturesSince =
      silence > firstBelief.gap ? firstBelief.picturesWithoutWider : firstBelief.picturesWithoutGap;
    return { silence, wrongShare: 0, picturesSince, isWrongNow: false };
  });
  /** Pictures without a gap that the choices do not count yet: most streams have no others. */
  #calmPictures = 0;
  #hasGap = false;

  /** No byte came for this long inside the picture in hand. */
  noteGap(gap: Microseconds): void {
    this.#countCalmPictures();
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
      this.#calmPictures++;
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
   * The silence that ends a picture now; undefined if waiting for the next picture is better.
   * @param interval the time between pictures
   * @param healCost the time that undoing a mistake takes; infinite if it cannot be undone
   */
  choose(interval: Microseconds, healCost: Microseconds): Microseconds | undefined {
    this.#countCalmPictures();
    // The pictures that come while the decoder catches up are late, too.
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

  /** Lets the choices count the pictures without a gap. */
  #countCalmPictures(): void {
    if (this.#calmPictures === 0) return;
    const rest = (1 - weight) ** this.#calmPictures;
    for (const choice of this.#choices) {
      choice.wrongShare *= rest;
      choice.picturesSince += this.#calmPictures;
    }
    this.#calmPictures = 0;
  }
}

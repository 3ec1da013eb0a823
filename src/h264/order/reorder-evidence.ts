import type { Passing } from "../../core/passing.js";
import type { AccessUnit } from "../access-unit.js";

/** This many pictures in unbroken order are proof: more than the longest pyramid of B pictures. */
const picturesForProof = 32;
/** For frames of two fields. If a stream counts frames by 1, its first B picture shows it. */
const step = 2;

/**
 * Judges by their picture order counts whether the pictures of a stream come in output order: each
 * follows the one before it so closely that no other fits between. One reordered picture is proof
 * of the contrary for the rest of the stream.
 */
export class ReorderEvidence {
  #reorders = false;
  #run = 0;
  #longestRun = 0;
  #highest: number | undefined;

  /** True once many pictures in a row left no room between them, and none was reordered. */
  get inOrder(): boolean {
    return !this.#reorders && this.#longestRun >= picturesForProof;
  }

  /** Adds the next picture in decoding order. */
  add({ picture, corrects }: Passing<AccessUnit>): void {
    if (picture.secondField || corrects) return;
    const { pictureOrderCount } = picture;
    if (picture.idr || picture.startsOrder) this.#highest = undefined;
    else if (this.#highest !== undefined && pictureOrderCount < this.#highest) this.#reorders = true;
    const follows = this.#highest === undefined || pictureOrderCount - this.#highest <= step;
    this.#run = follows ? this.#run + 1 : 0;
    this.#longestRun = Math.max(this.#longestRun, this.#run);
    this.#highest = Math.max(this.#highest ?? pictureOrderCount, pictureOrderCount);
  }

  /** Starts again, for another stream or encoder. */
  reset(): void {
    this.#reorders = false;
    this.#run = 0;
    this.#longestRun = 0;
    this.#highest = undefined;
  }
}

import type { Passing } from "../../core/passing.js";
import type { AccessUnit } from "../access-unit.js";

/** Pictures in unbroken order that are taken for proof: more than any pyramid of B pictures is long. */
const picturesForProof = 32;
/** Of frames of two fields; streams that count frames by 1 are found out by their first B picture. */
const step = 2;

/**
 * Whether the pictures of a stream come in output order, by their picture order counts: each follows the one before it so
 * closely that nothing can come between. One picture that comes before an earlier one settles it: never again in this
 * stream, because what has been reordered once will be.
 */
export class ReorderEvidence {
  #reorders = false;
  #run = 0;
  #longestRun = 0;
  #highest: number | undefined;

  /** True once many pictures in a row left no room for another between them, and none was reordered. */
  get inOrder(): boolean {
    return !this.#reorders && this.#longestRun >= picturesForProof;
  }

  /** Takes the pictures in decoding order. */
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

  /** Another stream, or another encoder: nothing is known. */
  reset(): void {
    this.#reorders = false;
    this.#run = 0;
    this.#longestRun = 0;
    this.#highest = undefined;
  }
}

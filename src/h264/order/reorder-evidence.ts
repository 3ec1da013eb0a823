import type { Passing } from "../../core/passing.js";
import type { AccessUnit } from "../access-unit.js";
import { DecodedCounts } from "./decoded-counts.js";

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
  #depth = 0;
  #run = 0;
  #longestRun = 0;
  #highest = Number.NEGATIVE_INFINITY;
  readonly #counts = new DecodedCounts();

  /**
   * The most pictures that preceded one in decoding order and followed it in output order. 0 once
   * many pictures in a row left no room between them, and none was reordered; otherwise undefined.
   */
  get depth(): number | undefined {
    if (this.#depth > 0) return this.#depth;
    return !this.#reorders && this.#longestRun >= picturesForProof ? 0 : undefined;
  }

  /** Adds the next picture in decoding order. */
  add({ picture, corrects }: Passing<AccessUnit>): void {
    if (picture.secondField || corrects) return;
    const { pictureOrderCount } = picture;
    if (picture.idr || picture.startsOrder) this.#startOrder();
    else if (pictureOrderCount < this.#highest) this.#addReordered(pictureOrderCount);
    const follows = pictureOrderCount - this.#highest <= step || this.#counts.all.length === 0;
    this.#run = follows ? this.#run + 1 : 0;
    this.#longestRun = Math.max(this.#longestRun, this.#run);
    this.#highest = Math.max(this.#highest, pictureOrderCount);
    this.#counts.add(pictureOrderCount);
  }

  /** Starts again, for another stream or encoder. */
  reset(): void {
    this.#reorders = false;
    this.#depth = 0;
    this.#run = 0;
    this.#longestRun = 0;
    this.#startOrder();
  }

  #addReordered(pictureOrderCount: number): void {
    this.#reorders = true;
    const reordered = this.#counts.reordered(pictureOrderCount);
    if (reordered === "jump") this.#startOrder();
    else if (reordered !== "repeated") this.#depth = Math.max(this.#depth, reordered);
  }

  #startOrder(): void {
    this.#highest = Number.NEGATIVE_INFINITY;
    this.#counts.clear();
  }
}

/** How many counts are remembered: enough to tell a reordered picture from a jump of the counts. */
const remembered = 32;
/** No picture follows more than a whole DPB of pictures that it precedes in output order. */
const mostReordered = 16;

/** The picture order counts of the latest pictures of one order, in decoding order. */
export class DecodedCounts {
  #counts: number[] = [];

  /** The oldest comes first. */
  get all(): readonly number[] {
    return this.#counts;
  }

  add(pictureOrderCount: number): void {
    this.#counts.push(pictureOrderCount);
    if (this.#counts.length > remembered) this.#counts.shift();
  }

  /** A picture starts a new order, or counts no longer go on from those before. */
  clear(): void {
    this.#counts = [];
  }

  /**
   * How many pictures precede the next one in decoding order and follow it in output order.
   * - `jump`: more than any stream can reorder
   * - `repeated`: a picture of this count has come
   */
  reordered(pictureOrderCount: number): number | "jump" | "repeated" {
    let after = 0;
    let isRepeated = false;
    for (const count of this.#counts) {
      if (count > pictureOrderCount) after++;
      else if (count === pictureOrderCount) isRepeated = true;
    }
    if (after > mostReordered) return "jump";
    return isRepeated ? "repeated" : after;
  }
}

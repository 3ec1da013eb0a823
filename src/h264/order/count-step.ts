/** This many pictures in increasing order prove the step between them. */
const picturesForProof = 8;
/** The most that the proof needs after it was wrong: 2 s at 30 pictures per second. */
const mostPicturesForProof = 64;

/**
 * Learns the step between the picture order counts of neighbours in output order. It is 2, as for
 * frames of two fields, until a smaller one occurs, or many pictures in order prove a larger one.
 */
export class CountStep {
  #value = 2;
  #smallestDifference = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  #picturesInOrder = 0;
  #picturesForProof = picturesForProof;

  get value(): number {
    return this.#value;
  }

  /**
   * Adds the next picture in decoding order.
   * @param before counts of the pictures before it; it may lie between two of them
   */
  add(pictureOrderCount: number, before: readonly number[]): void {
    for (const count of before) this.#addDifference(Math.abs(count - pictureOrderCount));
    if (this.#smallestDifference < this.#value) this.#value = this.#smallestDifference;
    if (pictureOrderCount > this.#highest) this.#picturesInOrder++;
    else this.#picturesInOrder = 0;
    this.#highest = Math.max(this.#highest, pictureOrderCount);
    this.#raise();
  }

  /** The next picture is late. So as many pictures in order as came before it prove nothing. */
  doubt(): void {
    const doubled = 2 * this.#picturesInOrder;
    this.#picturesForProof = Math.min(mostPicturesForProof, Math.max(this.#picturesForProof, doubled));
  }

  /** The next picture starts a new order. */
  startOrder(): void {
    this.#raise();
    this.#highest = Number.NEGATIVE_INFINITY;
    this.#smallestDifference = Number.POSITIVE_INFINITY;
    this.#picturesInOrder = 0;
  }

  #raise(): void {
    if (this.#picturesInOrder >= this.#picturesForProof && Number.isFinite(this.#smallestDifference)) {
      this.#value = this.#smallestDifference;
    }
  }

  #addDifference(difference: number): void {
    if (difference > 0 && difference < this.#smallestDifference) this.#smallestDifference = difference;
  }
}

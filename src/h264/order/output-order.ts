import type { AccessUnit } from "../access-unit.js";

/** A decoded picture that waits to be output. */
interface WaitingPicture {
  readonly sequence: number;
  readonly pictureOrderCount: number;
}

/** This many pictures in increasing order prove the step between them. */
const orderedPicturesForProof = 8;
/** The number of output counts to remember: as many as the largest DPB holds. */
const rememberedOutputs = 16;

/**
 * Decides when a decoded picture may be output: as soon as no later one can precede it. (C.4.5.3
 * says when it must be output, which is up to a whole DPB later.)
 *
 * The waiting picture with the lowest picture order count is output when
 * - it starts an order (IDR, memory_management_control_operation 5), or a later picture does;
 * - more pictures wait than the SPS lets precede it;
 * - (`prompt`) its count is at most one step above the last one output. The step is 2, as for
 *   frames of two fields, until a smaller one occurs, or many pictures in order prove a larger one.
 *
 * The step is evidence, no proof. In a stream that counts frames by 1 and states no reorder depth,
 * the first B picture is output too late. `exact` does without the step, for files.
 */
export class OutputOrder {
  readonly #rule: "prompt" | "exact";
  #waiting: WaitingPicture[] = [];
  /** The highest count output since the order started. */
  #lastOutput: number | undefined;
  /** The latest counts output since then. A late picture may lie between them. */
  #recent: number[] = [];
  #step: number;
  #smallestDifference = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  #picturesInOrder = 0;

  /** @param rule `prompt` for live streams, `exact` where order matters more than delay */
  constructor(rule: "prompt" | "exact" = "prompt") {
    this.#rule = rule;
    this.#step = rule === "prompt" ? 2 : Number.NEGATIVE_INFINITY;
  }

  /** The number of pictures that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Adds the next picture in decoding order; of two fields of a frame, only the first.
   * @returns the sequence numbers of the pictures to output now, in output order
   */
  push(unit: AccessUnit): number[] {
    const { picture, format, sequence } = unit;
    const ready: number[] = [];
    if (picture.idr || picture.startsOrder) {
      this.#drain(ready);
      this.#startOrder();
    }
    this.#learn(picture.pictureOrderCount);
    this.#waiting.push({ sequence, pictureOrderCount: picture.pictureOrderCount });
    const depth = format.reorderDepth ?? format.maxDpbFrames;
    for (;;) {
      const lowest = this.#lowest();
      if (!lowest) break;
      const inOrder =
        this.#lastOutput === undefined
          ? unit.sequence === lowest.sequence
          : lowest.pictureOrderCount <= this.#lastOutput + this.#step;
      if (!inOrder && this.#waiting.length <= depth) break;
      this.#output(lowest, ready);
    }
    return ready;
  }

  /**
   * True if a picture at or above its order count was already output. Either the step was wrong,
   * and has now been learned, or the picture came twice.
   */
  isLate(unit: AccessUnit): boolean {
    const { picture } = unit;
    if (picture.idr || picture.startsOrder || this.#lastOutput === undefined) return false;
    return picture.pictureOrderCount <= this.#lastOutput;
  }

  /** Ends the stream. @returns the sequence numbers of all waiting pictures in output order */
  flush(): number[] {
    const ready: number[] = [];
    this.#drain(ready);
    this.#startOrder();
    return ready;
  }

  /** Forgets the waiting pictures, as the decoder did, but not the learned step. */
  restart(): void {
    this.#waiting = [];
    this.#startOrder();
  }

  #startOrder(): void {
    if (this.#picturesInOrder >= orderedPicturesForProof && Number.isFinite(this.#smallestDifference)) {
      this.#step = this.#smallestDifference;
    }
    this.#lastOutput = undefined;
    this.#recent = [];
    this.#highest = Number.NEGATIVE_INFINITY;
    this.#smallestDifference = Number.POSITIVE_INFINITY;
    this.#picturesInOrder = 0;
  }

  #learn(pictureOrderCount: number): void {
    if (this.#rule === "exact") return;
    for (const picture of this.#waiting) this.#learnDifference(picture.pictureOrderCount - pictureOrderCount);
    for (const output of this.#recent) this.#learnDifference(output - pictureOrderCount);
    if (this.#smallestDifference < this.#step) this.#step = this.#smallestDifference;
    if (pictureOrderCount > this.#highest) this.#picturesInOrder++;
    else this.#picturesInOrder = 0;
    this.#highest = Math.max(this.#highest, pictureOrderCount);
    if (this.#picturesInOrder >= orderedPicturesForProof && Number.isFinite(this.#smallestDifference)) {
      this.#step = this.#smallestDifference;
    }
  }

  #learnDifference(difference: number): void {
    const distance = Math.abs(difference);
    if (distance > 0 && distance < this.#smallestDifference) this.#smallestDifference = distance;
  }

  #lowest(): WaitingPicture | undefined {
    let lowest = this.#waiting[0];
    for (const picture of this.#waiting) {
      if (picture.pictureOrderCount < lowest!.pictureOrderCount) lowest = picture;
    }
    return lowest;
  }

  #output(picture: WaitingPicture, ready: number[]): void {
    this.#waiting.splice(this.#waiting.indexOf(picture), 1);
    // A late picture does not move the order back.
    this.#lastOutput = Math.max(this.#lastOutput ?? Number.NEGATIVE_INFINITY, picture.pictureOrderCount);
    this.#recent.push(picture.pictureOrderCount);
    if (this.#recent.length > rememberedOutputs) this.#recent.shift();
    ready.push(picture.sequence);
  }

  #drain(ready: number[]): void {
    for (let lowest = this.#lowest(); lowest; lowest = this.#lowest()) this.#output(lowest, ready);
  }
}

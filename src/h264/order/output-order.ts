import type { AccessUnit } from "../access-unit.js";

/** A decoded picture that waits for its turn. */
interface WaitingPicture {
  readonly sequence: number;
  readonly pictureOrderCount: number;
}

/**
 * Pictures in increasing order that prove the step between them, when the SPS does not bound
 * reordering.
 */
const orderedPicturesForProof = 8;
/** Counts output that are remembered: as many as the largest DPB holds. */
const rememberedOutputs = 16;

/**
 * Says when a decoded picture may be output: as soon as no later one can come before it (C.4.5.3
 * says when it must be, which is up to a whole DPB later).
 *
 * The waiting picture with the lowest picture order count goes out when
 * - it starts an order (IDR, memory_management_control_operation 5), or such a picture has come
 *   after it;
 * - more pictures wait than the SPS allows to be reordered;
 * - (`prompt`) its count is at most one step above the last one output. The step is 2, as for
 *   frames of two fields, until a smaller one is seen; a larger one is believed when many pictures
 *   came in order.
 *
 * The step is evidence, not proof: some streams count frames by 1, and the first B picture of such
 * a stream without a reorder depth comes too late once. Where delay does not matter (files),
 * `exact` goes without it.
 */
export class OutputOrder {
  readonly #rule: "prompt" | "exact";
  #waiting: WaitingPicture[] = [];
  /** The highest count output since the order started. */
  #lastOutput: number | undefined;
  /** The latest counts output since then, which a late picture may lie between. */
  #recent: number[] = [];
  #step: number;
  #smallestDifference = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  #picturesInOrder = 0;

  /**
   * @param rule `prompt` for live streams, `exact` where every picture counts more than its delay
   */
  constructor(rule: "prompt" | "exact" = "prompt") {
    this.#rule = rule;
    this.#step = rule === "prompt" ? 2 : Number.NEGATIVE_INFINITY;
  }

  /** Pictures that wait, in decoding order. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Takes a picture in decoding order; the second field of a frame is not taken.
   * @returns sequence numbers of the pictures to output now, in output order
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
   * True when a picture at or above its order count was already output: the rule was wrong, and the
   * step is learned, or the picture came twice.
   */
  isLate(unit: AccessUnit): boolean {
    const { picture } = unit;
    if (picture.idr || picture.startsOrder || this.#lastOutput === undefined) return false;
    return picture.pictureOrderCount <= this.#lastOutput;
  }

  /** The stream ended: all waiting pictures in output order. */
  flush(): number[] {
    const ready: number[] = [];
    this.#drain(ready);
    this.#startOrder();
    return ready;
  }

  /** Forgets waiting pictures, as the decoder did; the step that was learned stays. */
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
    // A late picture takes no place in the order.
    this.#lastOutput = Math.max(this.#lastOutput ?? Number.NEGATIVE_INFINITY, picture.pictureOrderCount);
    this.#recent.push(picture.pictureOrderCount);
    if (this.#recent.length > rememberedOutputs) this.#recent.shift();
    ready.push(picture.sequence);
  }

  #drain(ready: number[]): void {
    for (let lowest = this.#lowest(); lowest; lowest = this.#lowest()) this.#output(lowest, ready);
  }
}

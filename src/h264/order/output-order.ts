import type { AccessUnit, SequenceFormat } from "../access-unit.js";
import { DecodedCounts } from "./decoded-counts.js";

/** A decoded picture that waits to be output. */
interface WaitingPicture {
  readonly sequence: number;
  readonly pictureOrderCount: number;
}

/** This many pictures in increasing order prove the step between them. */
const orderedPicturesForProof = 8;
/** The most that the proof needs after it was wrong: 2 s at 30 pictures per second. */
const mostPicturesForProof = 64;
/** The depth to expect where the SPS stated too little: that of a pyramid of B pictures. */
const pyramidDepth = 2;

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
 * The step is evidence, no proof. So is the SPS's reorder depth, and so is it that no picture
 * precedes the start of its order in output order (with a negative count, after an IDR picture).
 * What is wrong of the three is learned from the first whole picture that is late for it
 * (`learnFrom`). `exact` does without them, for files: each picture waits until more wait than the
 * DPB holds.
 */
export class OutputOrder {
  readonly #rule: "prompt" | "exact";
  #waiting: WaitingPicture[] = [];
  /** The highest count output since the order started. */
  #lastOutput: number | undefined;
  /** Of this order. A late picture may lie between them. */
  readonly #counts = new DecodedCounts();
  /** Pictures since the order started. */
  #pictures = 0;
  #step: number;
  #smallestDifference = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;
  #picturesInOrder = 0;
  #picturesForProof = orderedPicturesForProof;
  /** The reorder depth that pictures proved. */
  #depth = 0;
  /** Pictures that the start of an order waits for, because they may precede it. */
  #leading: number;

  /** @param rule `prompt` for live streams, `exact` where order matters more than delay */
  constructor(rule: "prompt" | "exact" = "prompt") {
    this.#rule = rule;
    this.#step = rule === "prompt" ? 2 : Number.NEGATIVE_INFINITY;
    this.#leading = rule === "prompt" ? 0 : Number.POSITIVE_INFINITY;
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
    if (this.#rule === "prompt") this.#learn(picture.pictureOrderCount);
    this.#counts.add(picture.pictureOrderCount);
    this.#pictures++;
    this.#waiting.push({ sequence, pictureOrderCount: picture.pictureOrderCount });
    const depth = this.#depthOf(format);
    for (let lowest = this.#lowest(); lowest; lowest = this.#lowest()) {
      if (!this.#isNext(lowest) && this.#waiting.length <= depth) break;
      this.#output(lowest, ready);
    }
    return ready;
  }

  /**
   * True if a picture at or above its order count was already output. Something was believed that
   * is not so (`learnFrom`), or the picture came twice.
   */
  isLate({ picture }: AccessUnit): boolean {
    if (picture.idr || picture.startsOrder || this.#lastOutput === undefined) return false;
    return picture.pictureOrderCount <= this.#lastOutput;
  }

  /**
   * Learns from a picture that is late and would have been shown, before `push`. So the next ones
   * like it come in time.
   */
  learnFrom({ picture }: AccessUnit): void {
    const reordered = this.#counts.reordered(picture.pictureOrderCount);
    if (typeof reordered === "string") return;
    this.#depth = Math.max(this.#depth, pyramidDepth, reordered);
    if (reordered === this.#pictures) this.#leading = Math.max(this.#leading, reordered);
    const doubled = 2 * this.#picturesInOrder;
    this.#picturesForProof = Math.min(mostPicturesForProof, Math.max(this.#picturesForProof, doubled));
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
    this.#learnStep();
    this.#lastOutput = undefined;
    this.#counts.clear();
    this.#pictures = 0;
    this.#highest = Number.NEGATIVE_INFINITY;
    this.#smallestDifference = Number.POSITIVE_INFINITY;
    this.#picturesInOrder = 0;
  }

  /** What the SPS states may be too little, and in a file nobody minds a larger depth. */
  #depthOf({ reorderDepth, maxDpbFrames }: SequenceFormat): number {
    const stated = this.#rule === "exact" ? maxDpbFrames : (reorderDepth ?? maxDpbFrames);
    return Math.max(stated, this.#depth);
  }

  /** True if probably no later picture precedes the lowest that waits. */
  #isNext({ pictureOrderCount }: WaitingPicture): boolean {
    if (this.#lastOutput === undefined) return this.#pictures > this.#leading;
    return pictureOrderCount <= this.#lastOutput + this.#step;
  }

  #learn(pictureOrderCount: number): void {
    for (const count of this.#counts.all) this.#learnDifference(count - pictureOrderCount);
    if (this.#smallestDifference < this.#step) this.#step = this.#smallestDifference;
    if (pictureOrderCount > this.#highest) this.#picturesInOrder++;
    else this.#picturesInOrder = 0;
    this.#highest = Math.max(this.#highest, pictureOrderCount);
    this.#learnStep();
  }

  /** Many pictures in order prove the step between them. */
  #learnStep(): void {
    if (this.#picturesInOrder >= this.#picturesForProof && Number.isFinite(this.#smallestDifference)) {
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
    ready.push(picture.sequence);
  }

  #drain(ready: number[]): void {
    for (let lowest = this.#lowest(); lowest; lowest = this.#lowest()) this.#output(lowest, ready);
  }
}

import { type AccessUnit, isPossibleStart, type SequenceFormat } from "../access-unit.js";
import { CountStep } from "./count-step.js";
import { DecodedCounts } from "./decoded-counts.js";

/** A decoded picture that waits to be output. */
interface WaitingPicture {
  readonly sequence: number;
  readonly pictureOrderCount: number;
}

/** After this many pictures in order, the SPS's reorder depth is believed. */
const picturesForBelief = 8;
/** The depth to expect where the SPS stated too little: that of a pyramid of B pictures. */
const pyramidDepth = 2;

/**
 * Decides when a decoded picture may be output: as soon as no later one can precede it. (C.4.5.3
 * says when it must be output, which is up to a whole DPB later.)
 *
 * The waiting picture with the lowest picture order count is output when
 * - it starts an order (IDR, memory_management_control_operation 5, or an I picture with which
 *   counts begin again), or a later picture does;
 * - more pictures wait than the SPS lets precede it;
 * - (`prompt`) its count is at most one step above the last one output (`CountStep`).
 *
 * The step is evidence, no proof. So is the SPS's reorder depth, and so is it that no picture
 * precedes the start of its order in output order (with a negative count, after an IDR picture).
 * What is wrong of the three is learned from the first picture that shows it. `exact` does without
 * them, for files: each picture waits until more wait than the DPB holds.
 */
export class OutputOrder {
  #waiting: WaitingPicture[] = [];
  /** The highest count output since the order started. */
  #lastOutput: number | undefined;
  /** Of this order. */
  readonly #counts = new DecodedCounts();
  /** Pictures since the order started. */
  #pictures = 0;
  /** Undefined for `exact`. */
  readonly #step: CountStep | undefined;
  /** The reorder depth by which pictures refuted the SPS. */
  #provenDepth = 0;
  /** Pictures in order from this sender. */
  #picturesInOrder = 0;
  /** Pictures that the start of an order waits for, because they may precede it. */
  #leading: number;

  /** @param rule `prompt` for live streams, `exact` where order matters more than delay */
  constructor(rule: "prompt" | "exact" = "prompt") {
    this.#step = rule === "prompt" ? new CountStep() : undefined;
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
    const { pictureOrderCount } = picture;
    const ready: number[] = [];
    if (this.#startsOrder(unit)) {
      this.#drain(ready);
      this.#startOrder();
    }
    const depth = this.#depthOf(format, this.#counts.reordered(pictureOrderCount));
    this.#step?.add(pictureOrderCount, this.#counts.all);
    this.#counts.add(pictureOrderCount);
    this.#pictures++;
    this.#waiting.push({ sequence, pictureOrderCount });
    for (let lowest = this.#lowest(); lowest; lowest = this.#lowest()) {
      if (!this.#isNext(lowest) && this.#waiting.length <= depth) break;
      this.#output(lowest, ready);
    }
    return ready;
  }

  /**
   * True if a picture above its order count was already output: something was believed that is not
   * so. Pictures with equal counts are output in decoding order.
   */
  isLate(unit: AccessUnit): boolean {
    if (this.#lastOutput === undefined || unit.picture.pictureOrderCount >= this.#lastOutput) return false;
    return !this.#startsOrder(unit);
  }

  /**
   * Learns from a picture that is late and would have been shown, before `push`. So the next ones
   * like it come in time.
   */
  learnFrom({ picture }: AccessUnit): void {
    const reordered = this.#counts.reordered(picture.pictureOrderCount);
    if (typeof reordered === "string") return;
    if (reordered === this.#pictures) this.#leading = Math.max(this.#leading, reordered);
    this.#step?.doubt();
  }

  /** Ends the stream. @returns the sequence numbers of all waiting pictures in output order */
  flush(): number[] {
    const ready: number[] = [];
    this.#drain(ready);
    this.#startOrder();
    return ready;
  }

  /** Forgets the waiting pictures, as the decoder did, but not what it learned. */
  restart(): void {
    this.#waiting = [];
    this.#startOrder();
  }

  /** Some encoders let counts begin again without an IDR picture. */
  #startsOrder(unit: AccessUnit): boolean {
    const { idr, startsOrder, pictureOrderCount } = unit.picture;
    if (idr || startsOrder) return true;
    return isPossibleStart(unit) && typeof this.#counts.reordered(pictureOrderCount) === "string";
  }

  #startOrder(): void {
    this.#step?.startOrder();
    this.#lastOutput = undefined;
    this.#counts.clear();
    this.#pictures = 0;
  }

  /**
   * How many pictures may wait. The SPS's statement is believed once some pictures came in order,
   * and until one is reordered by more. In a file nobody minds a larger depth.
   *
   * @param reordered by how much the next picture is
   */
  #depthOf(
    { reorderDepth, maxDpbFrames }: SequenceFormat,
    reordered: ReturnType<DecodedCounts["reordered"]>,
  ): number {
    const stated = this.#step ? (reorderDepth ?? maxDpbFrames) : maxDpbFrames;
    if (reordered === 0) this.#picturesInOrder++;
    else if (typeof reordered === "number" && reordered > stated)
      this.#provenDepth = Math.max(this.#provenDepth, pyramidDepth, reordered);
    const possible = this.#picturesInOrder <= picturesForBelief ? 1 : 0;
    return Math.max(stated, this.#provenDepth, possible);
  }

  /** True if probably no later picture precedes the lowest that waits. */
  #isNext({ pictureOrderCount }: WaitingPicture): boolean {
    if (this.#lastOutput === undefined) return this.#pictures > this.#leading;
    return this.#step !== undefined && pictureOrderCount <= this.#lastOutput + this.#step.value;
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

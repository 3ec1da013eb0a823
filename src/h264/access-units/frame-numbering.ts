import type { SliceHeader } from "../syntax/slice-header.js";

/** Equal steps that prove the next one: where pictures may be lost on the way, and elsewhere. */
const stepsForProof = { lossy: 8, reliable: 2 };

/** A reference frame, which later ones count from. */
interface Reference {
  /** frame_num as sent, and without habitual gaps. */
  readonly sent: number;
  readonly given: number;
  readonly pictureOrderCount: number;
}

/**
 * Takes gaps out of frame_num (7.4.3) that are a habit of the encoder, so that those left mean that
 * a reference picture is lost. There are two habits:
 *
 * - frame_num counts non-reference pictures, too. Where nothing is lost on the way, the first
 *   picture that follows some shows it: the gap is as long as their number.
 * - frame_num skips values, but order counts leave no room for another picture: all since the IDR
 *   picture are reference pictures one step apart, and so is this one.
 *
 * Order counts are evidence with pic_order_cnt_type 0 only; the others derive from frame_num.
 */
export class FrameNumbering {
  /** The latest reference frame; undefined before the first picture of a sender. */
  #reference: Reference | undefined;
  /** Non-reference frames since then. */
  #run = 0;
  /** The frame_num given to the latest picture. */
  #latest = 0;
  /** The first habit; undefined until a picture shows it. */
  #countsNonReference: boolean | undefined;
  /** The step between reference frames since the IDR picture; NaN when they differ. */
  #step: number | undefined;
  /** How often it occurred. */
  #steps = 0;
  #hasOnlyReferences = true;
  #isRepeated = false;

  /**
   * True when the latest picture is a reference frame with the frame_num and order count of the one
   * before.
   */
  get isRepeated(): boolean {
    return this.#isRepeated;
  }

  /**
   * @param header of the first slice of the next picture
   * @param secondField true for the second field of a pair
   * @param pictureOrderCount before memory_management_control_operation 5
   * @param isLossy true where pictures may be lost on the way
   * @returns frame_num without habitual gaps, modulo MaxFrameNum
   */
  next(header: SliceHeader, secondField: boolean, pictureOrderCount: number, isLossy: boolean): number {
    this.#isRepeated = false;
    if (header.idrPicFlag) this.#restart(pictureOrderCount);
    else if (!secondField) this.#number(header, pictureOrderCount, isLossy);
    const given = this.#latest;
    // frame_num and the order count are inferred to have been 0 (7.4.3, 8.2.1).
    if (header.hasMmco5) this.#restart(0);
    return header.sps.gapsInFrameNumValueAllowedFlag ? header.frameNum : given;
  }

  /** The next picture is the first of its sender. */
  reset(): void {
    this.#restart(0);
    this.#reference = undefined;
    this.#countsNonReference = undefined;
  }

  #restart(pictureOrderCount: number): void {
    this.#reference = { sent: 0, given: 0, pictureOrderCount };
    this.#run = 0;
    this.#latest = 0;
    this.#step = undefined;
    this.#steps = 0;
    this.#hasOnlyReferences = true;
  }

  #number(header: SliceHeader, pictureOrderCount: number, isLossy: boolean): void {
    const { frameNum: sent, nalRefIdc } = header;
    const { maxFrameNum, picOrderCntType } = header.sps;
    const isReference = nalRefIdc !== 0;
    const before = modulo(sent - 1, maxFrameNum);
    const reference = (this.#reference ??= { sent: before, given: before, pictureOrderCount });
    const run = this.#run % maxFrameNum;
    const gap = modulo(sent - reference.sent - 1, maxFrameNum);
    const step = pictureOrderCount - reference.pictureOrderCount;
    const isStepOn = picOrderCntType === 0 && step === this.#step;
    // With regular steps so far, a longer one is a sign of loss.
    const isOffStep = isReference && picOrderCntType === 0 && !isStepOn && this.#step! >= 0;

    if (run > 0 && gap === run && !isLossy && !isOffStep) this.#countsNonReference ??= true;
    const lost = modulo(gap - (this.#countsNonReference ? run : 0), maxFrameNum);
    if (run > 0 && gap === 0) this.#countsNonReference = false;

    const isSame = sent === reference.sent && lost !== 0;
    const isWithoutLoss =
      isSame ||
      lost === 0 ||
      (isReference && isStepOn && this.#leavesNoRoom(lost, reference.sent, header, isLossy));
    this.#latest = isSame
      ? reference.given
      : modulo(reference.given + 1 + (isWithoutLoss ? 0 : lost), maxFrameNum);
    if (isReference) {
      this.#isRepeated = isSame && step === 0 && !header.fieldPicFlag;
      this.#reference = { sent, given: this.#latest, pictureOrderCount };
      this.#run = 0;
      this.#noteStep(isWithoutLoss ? step : Number.NaN);
    } else {
      // After a loss it tells the frame_num of the reference picture before it (7.4.3).
      if (!isWithoutLoss)
        this.#reference = { ...reference, sent: before, given: modulo(this.#latest - 1, maxFrameNum) };
      this.#run = isWithoutLoss ? this.#run + 1 : 1;
      this.#hasOnlyReferences = false;
    }
  }

  /**
   * True if `lost` pictures, one step apart, cannot have come before this one. Decoders fill gaps
   * with copies of the reference frame before; only with one reference frame is that the same.
   */
  #leavesNoRoom(lost: number, before: number, { frameNum, sps }: SliceHeader, isLossy: boolean): boolean {
    const needed = isLossy ? stepsForProof.lossy : stepsForProof.reliable;
    if (sps.maxNumRefFrames > 1 || !this.#hasOnlyReferences || this.#steps < needed) return false;
    // It wraps at a smaller power of two than the SPS says.
    if (!isLossy && frameNum === 0 && Number.isInteger(Math.log2(before + 1))) return true;
    // After a longer loss pic_order_cnt_lsb may be back where it was.
    return lost * this.#step! < 2 ** (sps.log2MaxPicOrderCntLsbMinus4 + 4);
  }

  #noteStep(step: number): void {
    this.#step ??= step;
    if (step === this.#step && step > 0) this.#steps++;
    else this.#step = Number.NaN;
  }
}

function modulo(frameNum: number, maxFrameNum: number): number {
  return (frameNum + maxFrameNum) % maxFrameNum;
}

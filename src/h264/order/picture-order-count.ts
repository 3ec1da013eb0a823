import type { SequenceParameterSet } from "../syntax/sequence-parameter-set.js";
import type { SliceHeader } from "../syntax/slice-header.js";

/** Picture order counts of one coded picture: a frame or a single field (8.2.1). */
export interface PictureOrderCount {
  /** TopFieldOrderCnt; undefined for a bottom field. */
  readonly top: number | undefined;
  /** BottomFieldOrderCnt; undefined for a top field. */
  readonly bottom: number | undefined;
  /** PicOrderCnt(CurrPic), the lower of the two: its order among the pictures decoded before it. */
  readonly pictureOrderCount: number;
  /**
   * Its order among the pictures decoded after it: `pictureOrderCount`, but 0 after
   * memory_management_control_operation 5 (8.2.1, tempPicOrderCnt). Like an IDR picture, that
   * picture follows all pictures decoded before it.
   */
  readonly pictureOrderCountAfterMarking: number;
}

/**
 * Derives picture order counts of all three types (8.2.1) from one slice header per picture, in
 * decoding order.
 */
export class PictureOrderCountDecoder {
  /** prevPicOrderCntMsb and prevPicOrderCntLsb: of the previous reference picture. */
  #prevMsb = 0;
  #prevLsb = 0;
  /** prevFrameNum and prevFrameNumOffset: of the previous picture. */
  #prevFrameNum = 0;
  #prevFrameNumOffset = 0;

  /**
   * Forgets the pictures so far. The next one counts as the first, even if it is no IDR picture.
   */
  reset(): void {
    this.#prevMsb = 0;
    this.#prevLsb = 0;
    this.#prevFrameNum = 0;
    this.#prevFrameNumOffset = 0;
  }

  /**
   * The counts of the next picture.
   *
   * @param header of the first slice of a primary coded picture, which a field is, too
   * @param sps the active SPS
   */
  decode(header: SliceHeader, sps: SequenceParameterSet = header.sps): PictureOrderCount {
    if (header.idrPicFlag) this.reset();
    const both =
      sps.picOrderCntType === 0
        ? this.#fromLsb(header, sps)
        : sps.picOrderCntType === 1
          ? this.#fromExpectedDelta(header, sps)
          : this.#fromFrameNum(header, sps);
    const top = header.bottomFieldFlag ? undefined : both.top;
    const bottom = header.fieldPicFlag && !header.bottomFieldFlag ? undefined : both.bottom;
    const pictureOrderCount = Math.min(top ?? both.bottom, bottom ?? both.top);
    if (header.hasMmco5) {
      // From now on frame_num and the lower of the counts are inferred to have been 0 (8.2.1,
      // 7.4.3).
      this.reset();
      if (top !== undefined) this.#prevLsb = top - pictureOrderCount;
    }
    return {
      top,
      bottom,
      pictureOrderCount,
      pictureOrderCountAfterMarking: header.hasMmco5 ? 0 : pictureOrderCount,
    };
  }

  /** pic_order_cnt_type 0 (8.2.1.1). */
  #fromLsb(header: SliceHeader, sps: SequenceParameterSet) {
    const maxLsb = 2 ** (sps.log2MaxPicOrderCntLsbMinus4 + 4);
    const lsb = header.picOrderCntLsb;
    let msb = this.#prevMsb;
    if (lsb < this.#prevLsb && this.#prevLsb - lsb >= maxLsb / 2) msb += maxLsb;
    else if (lsb > this.#prevLsb && lsb - this.#prevLsb > maxLsb / 2) msb -= maxLsb;
    if (header.nalRefIdc !== 0) {
      this.#prevMsb = msb;
      this.#prevLsb = lsb;
    }
    // delta_pic_order_cnt_bottom is 0 in fields.
    return { top: msb + lsb, bottom: msb + lsb + header.deltaPicOrderCntBottom };
  }

  /** pic_order_cnt_type 1 (8.2.1.2). */
  #fromExpectedDelta(header: SliceHeader, sps: SequenceParameterSet) {
    const frameNumOffset = this.#nextFrameNumOffset(header, sps);
    const offsets = sps.offsetForRefFrame;
    let absFrameNum = offsets.length === 0 ? 0 : frameNumOffset + header.frameNum;
    if (header.nalRefIdc === 0 && absFrameNum > 0) absFrameNum--;
    let expected = header.nalRefIdc === 0 ? sps.offsetForNonRefPic : 0;
    if (absFrameNum > 0) {
      const cycles = Math.floor((absFrameNum - 1) / offsets.length);
      const inCycle = (absFrameNum - 1) % offsets.length;
      for (let index = 0; index < offsets.length; index++) {
        expected += offsets[index]! * (index <= inCycle ? cycles + 1 : cycles);
      }
    }
    // delta_pic_order_cnt[1] is 0 in fields.
    const top = expected + header.deltaPicOrderCnt[0];
    return { top, bottom: top + sps.offsetForTopToBottomField + header.deltaPicOrderCnt[1] };
  }

  /** pic_order_cnt_type 2 (8.2.1.3): output order is decoding order. */
  #fromFrameNum(header: SliceHeader, sps: SequenceParameterSet) {
    const frameNumOffset = this.#nextFrameNumOffset(header, sps);
    const doubled = 2 * (frameNumOffset + header.frameNum);
    const count = header.idrPicFlag ? 0 : header.nalRefIdc === 0 ? doubled - 1 : doubled;
    return { top: count, bottom: count };
  }

  /**
   * FrameNumOffset. A gap in frame_num needs no care: inferred frames wrap where frame_num does.
   */
  #nextFrameNumOffset(header: SliceHeader, sps: SequenceParameterSet): number {
    if (this.#prevFrameNum > header.frameNum) this.#prevFrameNumOffset += sps.maxFrameNum;
    this.#prevFrameNum = header.frameNum;
    return this.#prevFrameNumOffset;
  }
}

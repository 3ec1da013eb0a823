import type { CodedPicture } from "../access-unit.js";
import { PictureOrderCountDecoder } from "../order/picture-order-count.js";
import type { SliceHeader } from "../syntax/slice-header.js";
import { FrameNumbering } from "./frame-numbering.js";

/** What the first slice header and the pictures before it say about a picture. */
export interface TrackedPicture extends Omit<CodedPicture, "type" | "sliceCount" | "unsupported"> {
  /** A reference frame with the frame_num and order count of the one before. */
  readonly isRepeated: boolean;
}

/**
 * Follows the pictures in decoding order: their picture order counts (8.2.1), which fields form a
 * pair (3.30, 3.31), and gaps in frame_num.
 */
export class PictureTracker {
  readonly #order = new PictureOrderCountDecoder();
  readonly #numbering = new FrameNumbering();
  /** The first field of a pair whose second has not come. */
  #firstField: SliceHeader | undefined;

  /**
   * Takes the first slice header of the next picture in decoding order.
   * @param isLossy true where pictures may be lost on the way
   */
  track(header: SliceHeader, isLossy = false): TrackedPicture {
    const order = this.#order.decode(header);
    const secondField = this.#firstField !== undefined && isSecondField(this.#firstField, header);
    this.#firstField = header.fieldPicFlag && !secondField ? header : undefined;
    return {
      structure: !header.fieldPicFlag ? "frame" : header.bottomFieldFlag ? "bottom-field" : "top-field",
      secondField,
      idr: header.idrPicFlag,
      reference: header.nalRefIdc !== 0,
      frameNum: this.#numbering.next(header, secondField, order.pictureOrderCount, isLossy),
      pictureOrderCount: order.pictureOrderCountAfterMarking,
      startsOrder: header.hasMmco5,
      isRepeated: this.#numbering.isRepeated,
    };
  }

  /** Starts again, as at the first picture of a stream. */
  reset(): void {
    this.#order.reset();
    this.#numbering.reset();
    this.#firstField = undefined;
  }
}

/**
 * Opposite parity, same frame_num. The second field of an IDR picture is no IDR picture
 * (7.4.1.2.4).
 */
function isSecondField(first: SliceHeader, second: SliceHeader): boolean {
  return (
    second.fieldPicFlag &&
    first.bottomFieldFlag !== second.bottomFieldFlag &&
    first.frameNum === second.frameNum &&
    !second.idrPicFlag &&
    !(first.nalRefIdc === 0 && second.nalRefIdc !== 0)
  );
}

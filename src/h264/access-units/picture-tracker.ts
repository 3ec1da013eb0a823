import type { CodedPicture } from "../access-unit.js";
import { PictureOrderCountDecoder } from "../order/picture-order-count.js";
import type { SliceHeader } from "../syntax/slice-header.js";

/** What the first slice header and the pictures before it say about a picture. */
export type TrackedPicture = Omit<CodedPicture, "type" | "sliceCount" | "unsupported">;

/**
 * Follows the pictures in decoding order: their picture order counts (8.2.1), and which fields form
 * a pair (3.30, 3.31).
 */
export class PictureTracker {
  readonly #order = new PictureOrderCountDecoder();
  /** The first field of a pair whose second has not come. */
  #firstField: SliceHeader | undefined;

  /** Takes the first slice header of the next picture in decoding order. */
  track(header: SliceHeader): TrackedPicture {
    const order = this.#order.decode(header);
    const secondField = this.#firstField !== undefined && isSecondField(this.#firstField, header);
    this.#firstField = header.fieldPicFlag && !secondField ? header : undefined;
    return {
      structure: !header.fieldPicFlag ? "frame" : header.bottomFieldFlag ? "bottom-field" : "top-field",
      secondField,
      idr: header.idrPicFlag,
      reference: header.nalRefIdc !== 0,
      frameNum: header.frameNum,
      pictureOrderCount: order.pictureOrderCountAfterMarking,
      startsOrder: header.hasMmco5,
    };
  }

  /** Starts again, as at the first picture of a stream. */
  reset(): void {
    this.#order.reset();
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

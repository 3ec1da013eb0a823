import type { IssueReporter } from "../../core/issues.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import type { OutputOrder } from "../../h264/order/output-order.js";

/** A picture that a decoder was given, and has not given out: a frame, or a field with or without its other one. */
export interface PictureInHand {
  /** The access unit that it is coded in; of a pair of fields, the first. */
  readonly unit: AccessUnit;
  /** The access unit with its last byte: `unit`, or that of the second field. */
  lastUnit: AccessUnit;
  mayShow: boolean;
}

/**
 * Takes a picture, all of which was decoded, into the output order. One that comes too late for its place is reported and not shown.
 *
 * @returns sequence numbers of the pictures to give out now, in output order
 */
export function takeIntoOrder(picture: PictureInHand, order: OutputOrder, issues: IssueReporter): number[] {
  const { unit, lastUnit } = picture;
  const frame = unit === lastUnit ? unit : frameOfFields(unit, lastUnit);
  if (picture.mayShow && order.isLate(frame)) {
    picture.mayShow = false;
    issues.report("late-picture", `picture ${unit.sequence} comes before one that was already output`);
  }
  return order.push(frame);
}

/** The frame of two fields takes the lower picture order count (8.2.1). */
function frameOfFields(first: AccessUnit, second: AccessUnit): AccessUnit {
  const pictureOrderCount = Math.min(first.picture.pictureOrderCount, second.picture.pictureOrderCount);
  const startsOrder = first.picture.startsOrder || second.picture.startsOrder;
  return { ...first, picture: { ...first.picture, pictureOrderCount, startsOrder } };
}

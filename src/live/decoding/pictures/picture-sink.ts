import type { Sink } from "../../../core/sink.js";
import type { AccessUnit } from "../../../h264/access-unit.js";

/** What a picture is coded in. */
export interface CodedUnits {
  /** Its access unit; of a pair of fields, that of the first. */
  readonly unit: AccessUnit;
  /** The access unit with its last byte: `unit`, or that of the second field. */
  readonly lastUnit: AccessUnit;
}

/** A decoder's frame, and what it is coded in. */
export interface DecodedPicture<F> extends CodedUnits {
  readonly frame: F;
}

/**
 * A picture that was made ready before its turn in output order. Exactly one of the methods is
 * called, once.
 */
export interface PreparedPicture {
  /**
   * Its turn has come.
   * @returns false when it discarded what was made ready: the picture must be pushed like any other
   */
  output(): boolean;
  /** The picture will not be output. */
  discard(): void;
}

/** Takes a decoder's pictures. */
export interface PictureSink<T> extends Sink<T> {
  /**
   * `picture` waits for its turn: the sink may do now what it would do then. `picture` is valid
   * during the call only.
   */
  prepare?(picture: T): PreparedPicture | undefined;
}

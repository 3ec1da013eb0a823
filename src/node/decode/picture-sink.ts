import type { Sink } from "../../core/sink.js";

/** A picture that was got ready before its turn in output order came. One of the two is called, once. */
export interface PreparedPicture {
  /** Its turn has come. @returns false when it has to be pushed as any other: what was got ready is discarded */
  giveOut(): boolean;
  /** It will not be given out. */
  discard(): void;
}

/** What takes a decoder's pictures. */
export interface PictureSink<T> extends Sink<T> {
  /** The picture has to wait for others: what can be done for it before its turn is done now. Valid during the call only. */
  prepare?(picture: T): PreparedPicture | undefined;
}

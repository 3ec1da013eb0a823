/** What helps against a failure of the browser's decoder. */
export type Remedy =
  /** Bad luck: open it again, and decode again from the last random access point. */
  | "open-again"
  /** It is the decoder: another kind has to decode from the last random access point on. */
  | "replace"
  /** It is the picture: decoding goes on at the next random access point. */
  | "leave-picture";

/** Where a decoder failed. */
export interface Failure {
  /** The first picture that it owes, by sequence number; undefined when it owes none. */
  readonly picture: number | undefined;
  /** The random access point of its group of pictures. */
  readonly group: number | undefined;
}

/** Failures in a row, without a picture between, after which the decoder is given up. */
const mostFailures = 3;

/**
 * Judges failures, which a browser gives no reason for. Once is bad luck: a GPU process that died, a driver that was reset. A
 * decoder that fails again in the same group of pictures is not trusted while there is another kind. At a picture that the last
 * kind fails at as well, the picture is damaged.
 */
export class DecoderFailures {
  #inARow = 0;
  #last: Failure = { picture: undefined, group: undefined };

  /** A picture came out. */
  worked(): void {
    this.#inARow = 0;
  }

  /** Another kind of decoder is used, or the same for want of another. Where the one before failed stays known. */
  begin(): void {
    this.#inARow = 0;
  }

  /** What helps. @param hasOther there is another kind of decoder */
  judge(failure: Failure, hasOther: boolean): Remedy {
    const isSamePicture = failure.picture !== undefined && failure.picture === this.#last.picture;
    const isSameGroup = failure.group !== undefined && failure.group === this.#last.group;
    this.#last = failure;
    if (++this.#inARow >= mostFailures || (hasOther && (isSamePicture || isSameGroup))) return "replace";
    return isSamePicture ? "leave-picture" : "open-again";
  }

  /** It refused an access unit without having decoded any: true when it will take none. */
  refused(): boolean {
    return ++this.#inARow >= mostFailures;
  }
}

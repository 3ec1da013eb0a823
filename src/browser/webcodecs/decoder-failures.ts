/** The remedy for a failure of the browser's decoder. */
export type Remedy =
  /** Bad luck: reopen the decoder, and decode again from the last random access point. */
  | "open-again"
  /** The decoder is at fault: another kind decodes again from the last random access point. */
  | "replace"
  /** The picture is at fault: decoding resumes at the next random access point. */
  | "leave-picture";

/** Where a decoder failed. */
export interface Failure {
  /**
   * Sequence number of the first picture that the decoder had not output; undefined when there was
   * none.
   */
  readonly picture: number | undefined;
  /** Sequence number of the start of its group of pictures. */
  readonly group: number | undefined;
}

/** After this many failures in a row, without a picture in between, the decoder is replaced. */
const mostFailures = 3;

/**
 * Judges failures, because a browser states no cause. One failure is bad luck: a GPU process that
 * died, a driver that was reset. A decoder that fails again in the same group of pictures is not
 * trusted while there is another kind. A picture at which the last kind fails too is damaged.
 */
export class DecoderFailures {
  #inARow = 0;
  #last: Failure = { picture: undefined, group: undefined };

  /** The decoder output a picture. */
  worked(): void {
    this.#inARow = 0;
  }

  /** A kind of decoder begins. Where the kind before failed stays known. */
  begin(): void {
    this.#inARow = 0;
  }

  /** @param hasOther there is another kind of decoder */
  judge(failure: Failure, hasOther: boolean): Remedy {
    const isSamePicture = failure.picture !== undefined && failure.picture === this.#last.picture;
    const isSameGroup = failure.group !== undefined && failure.group === this.#last.group;
    this.#last = failure;
    if (++this.#inARow >= mostFailures || (hasOther && (isSamePicture || isSameGroup))) return "replace";
    return isSamePicture ? "leave-picture" : "open-again";
  }

  /**
   * The decoder refused an access unit and has decoded none.
   * @returns true when it will accept none
   */
  refused(): boolean {
    return ++this.#inARow >= mostFailures;
  }
}

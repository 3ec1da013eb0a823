import { describeForeignBytes, headBytes, recognizeForeignBytes } from "./sniff.js";

/** How a message of `NALIVE_NOT_H264` begins; what came instead follows. */
export const expectedH264 = "expected raw H.264 (NAL units after start codes 00 00 01)";

/**
 * What a sender has sent first, to tell what that is when it is no H.264: a container, an image,
 * text.
 */
export class FirstBytes {
  #head: Uint8Array = new Uint8Array(0);
  #bytes = 0;

  /** All that the sender has sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns true when some of these bytes were kept, so that more may be known than before */
  push(data: Uint8Array): boolean {
    const known = this.#head.length;
    this.#bytes += data.length;
    if (known === headBytes) return false;
    const head = new Uint8Array(Math.min(headBytes, known + data.length));
    head.set(this.#head);
    head.set(data.subarray(0, head.length - known), known);
    this.#head = head;
    return true;
  }

  /**
   * What this certainly is, to go after "this is": no H.264 begins so, wherever it was joined. More
   * bytes do not change it.
   */
  recognize(): string | undefined {
    return recognizeForeignBytes(this.#head);
  }

  /** What this is or may well be, if no H.264 was found in it. */
  describe(): string | undefined {
    return describeForeignBytes(this.#head);
  }
}

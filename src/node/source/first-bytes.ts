import { describeForeignBytes, headBytes, recognizeForeignBytes } from "./sniff.js";

/** How a message of `NALIVE_NOT_H264` begins. What came instead follows. */
export const expectedH264 = "Expected raw H.264 (NAL units after start codes 00 00 01)";

/** What to do about slices whose parameter sets have not come. */
export const repeatParameterSets =
  "have the sender repeat its SPS and PPS before each IDR picture (--inline of rpicam-vid, " +
  "-bsf:v dump_extra of FFmpeg, config-interval=-1 of GStreamer)";

/**
 * Keeps the first bytes of a sender, to recognise what they are if not H.264: a container, an
 * image, text.
 */
export class FirstBytes {
  #head: Uint8Array = new Uint8Array(0);
  #bytes = 0;

  /** Number of bytes sent so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns true when it kept some of these bytes, so that it may now recognise more */
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
   * What this certainly is, to go after "this is". No H.264 stream begins like this, wherever the
   * receiver joined it. More bytes do not change the answer.
   */
  recognize(): string | undefined {
    return recognizeForeignBytes(this.#head);
  }

  /** What this is or probably is, if no H.264 was found in it. */
  describe(): string | undefined {
    return describeForeignBytes(this.#head);
  }
}

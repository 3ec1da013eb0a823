import { describeForeignBytes, recognizeForeignBytes } from "../source/sniff.js";
import { ServeError } from "./serve-error.js";

/** Bytes that tell what they are: five packets of an MPEG transport stream. */
const enough = 1024;

/** What a publisher has sent first, to tell what it sends when that is no H.264: a container, an image, text. */
export class Opening {
  #head: Uint8Array = new Uint8Array(0);
  #bytes = 0;

  /** @returns an error when these bytes make it certain that the publisher sends something else */
  push(data: Uint8Array): ServeError | undefined {
    const known = this.#head.length;
    this.#bytes += data.length;
    if (known === enough) return undefined;
    const head = new Uint8Array(Math.min(enough, known + data.length));
    head.set(this.#head);
    head.set(data.subarray(0, head.length - known), known);
    this.#head = head;
    const what = head.length === enough ? recognizeForeignBytes(head) : undefined;
    return what === undefined ? undefined : notH264(`this is ${what}`);
  }

  /** What a publisher is told that has left, and of which there was no picture. */
  whyNoPicture(): ServeError {
    const what = describeForeignBytes(this.#head);
    if (what !== undefined)
      return notH264(`${this.#bytes} bytes came with no picture in them; this is ${what}`);
    return new ServeError(
      "NALIVE_NO_PICTURE",
      `${this.#bytes} bytes came with no picture in them: expected raw H.264 with parameter sets; ` +
        "/api/streams/NAME tells what was found (issues)",
    );
  }
}

function notH264(found: string): ServeError {
  return new ServeError(
    "NALIVE_NOT_H264",
    `expected raw H.264 (NAL units after start codes 00 00 01), but ${found}`,
  );
}

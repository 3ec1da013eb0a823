/** Longest accepted image, bytes. */
const maxBytes = 64 * 1024 * 1024;
/** Longest accepted head of a part, bytes. */
const maxHeadBytes = 4096;
const endOfHead = "\r\n\r\n";

/**
 * Extracts the images from a multipart body (RFC 2046) whose parts state their length, however the
 * body is cut.
 */
export class MultipartImages {
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Length of the image that is arriving; undefined until its head is complete. */
  #length: number | undefined;

  /**
   * @returns the images that these bytes complete, the newest last
   * @throws Error when the body is of another kind
   */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const held = new Uint8Array(this.#held.length + bytes.length);
    held.set(this.#held);
    held.set(bytes, this.#held.length);
    this.#held = held;
    const images: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      this.#length ??= this.#readHead();
      if (this.#length === undefined || this.#held.length < this.#length) return images;
      images.push(this.#held.slice(0, this.#length));
      this.#held = this.#held.subarray(this.#length);
      this.#length = undefined;
    }
  }

  #readHead(): number | undefined {
    const text = String.fromCharCode(...this.#held.subarray(0, maxHeadBytes));
    const end = text.indexOf(endOfHead);
    if (end < 0 && text.length < maxHeadBytes) return undefined;
    const length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, Math.max(end, 0)))?.[1]);
    if (!(length <= maxBytes)) throw new Error("the server sent something else than images");
    this.#held = this.#held.subarray(end + endOfHead.length);
    return length;
  }
}

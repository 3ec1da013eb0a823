/**
 * More messages of a kind than this unread: the program's thread is blocked, and gets no more of
 * them.
 */
const mostUnread = 256;

/**
 * Two counts in shared memory: messages of one kind sent to the program's thread, and read there.
 */
export class MessageBacklog {
  readonly #counts: Int32Array;

  /** @param memory of `createMemory`; both threads have the same */
  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory);
  }

  static createMemory(): SharedArrayBuffer {
    return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Called by the sending thread with each message. */
  noteSent(): void {
    Atomics.add(this.#counts, 0, 1);
  }

  /** Called by the reading thread with each message. */
  noteRead(): void {
    Atomics.add(this.#counts, 1, 1);
  }

  /** True while the other thread does not read: every further message would only take memory. */
  get isFull(): boolean {
    // The counts wrap around; their difference does not mind.
    return ((Atomics.load(this.#counts, 0) - Atomics.load(this.#counts, 1)) | 0) >= mostUnread;
  }
}

/** Unread messages from which the program's thread counts as blocked. */
const mostUnread = 256;

/**
 * Counts messages of one kind in shared memory: those sent to the program's thread and those read
 * there.
 */
export class MessageBacklog {
  readonly #counts: Int32Array;

  /** @param memory from `createMemory`, the same in both threads */
  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory);
  }

  static createMemory(): SharedArrayBuffer {
    return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  }

  /** The sending thread calls this with each message. */
  noteSent(): void {
    Atomics.add(this.#counts, 0, 1);
  }

  /** The reading thread calls this with each message. */
  noteRead(): void {
    Atomics.add(this.#counts, 1, 1);
  }

  /** True while the other thread does not read: another message would only take memory. */
  get isFull(): boolean {
    // The counts wrap around; their difference stays right.
    return ((Atomics.load(this.#counts, 0) - Atomics.load(this.#counts, 1)) | 0) >= mostUnread;
  }
}

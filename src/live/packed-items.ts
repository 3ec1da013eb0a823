/**
 * How items are kept as bytes.
 *
 * @typeParam T the items
 * @typeParam S what many items share, kept as it is
 */
export interface Packing<T, S> {
  /** All of the item but what is shared; the bytes are copied. */
  bytes(item: T): Uint8Array;
  /** What of the item many share. */
  shared(item: T): S;
  /** The item again; it may keep views of `bytes`, which nobody writes to. */
  unpack(bytes: Uint8Array, shared: S): T;
}

const smallestBuffer = 64 * 1024;

/**
 * Items in order, kept as bytes in one buffer that is used again and again: thousands that are kept for a while are nothing
 * for the garbage collector to follow, to move and to free.
 *
 * Unbounded: whoever pushes looks at `length` and `bytes`. The buffer is up to twice as large.
 */
export class PackedItems<T, S> {
  readonly #packing: Packing<T, S>;
  #buffer = new Uint8Array(0);
  /** Where in the buffer each item begins and ends, and what it shares with others. */
  #starts: number[] = [];
  #ends: number[] = [];
  #shared: S[] = [];
  #bytes = 0;
  /** Where the next item goes. */
  #used = 0;
  /** Items that hold views of the buffer were given out: what has been written in it stays. */
  #isLent = false;
  /** What `list` gave last, while it holds. */
  #list: readonly T[] | undefined;

  constructor(packing: Packing<T, S>) {
    this.#packing = packing;
  }

  get length(): number {
    return this.#ends.length;
  }

  /** Bytes of all items. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The items, oldest first. The same objects for all who ask before it changes. */
  list(): readonly T[] {
    if (this.length > 0) this.#isLent = true;
    this.#list ??= this.#ends.map((end, index) =>
      this.#packing.unpack(this.#buffer.subarray(this.#starts[index], end), this.#shared[index]!),
    );
    return this.#list;
  }

  push(item: T): void {
    const bytes = this.#packing.bytes(item);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#used);
    this.#starts.push(this.#used);
    this.#used += bytes.length;
    this.#ends.push(this.#used);
    this.#shared.push(this.#packing.shared(item));
    this.#bytes += bytes.length;
    this.#list = undefined;
  }

  /** Replaces the newest. */
  replaceLast(item: T): void {
    // The old bytes stay where they are: somebody may look at them.
    this.#bytes -= this.#ends.pop()! - this.#starts.pop()!;
    this.#shared.pop();
    this.push(item);
  }

  /** Takes out the oldest. */
  dropFirst(count: number): void {
    for (let index = 0; index < count; index++) this.#bytes -= this.#ends[index]! - this.#starts[index]!;
    this.#starts.splice(0, count);
    this.#ends.splice(0, count);
    this.#shared.splice(0, count);
    this.#list = undefined;
  }

  clear(): void {
    const isTooLarge = this.#buffer.length > smallestBuffer && this.#buffer.length > this.#bytes * 4;
    if (this.#isLent || isTooLarge) this.#buffer = new Uint8Array(roomyFor(this.#bytes));
    this.#isLent = false;
    this.#starts = [];
    this.#ends = [];
    this.#shared = [];
    this.#bytes = 0;
    this.#used = 0;
    this.#list = undefined;
  }

  /** Makes room for so many bytes after `#used`: at the front of the buffer, or in a larger one. */
  #reserve(length: number): void {
    if (this.#used + length <= this.#buffer.length) return;
    const from = this.#starts[0] ?? this.#used;
    const kept = this.#buffer.subarray(from, this.#used);
    const isRoom = !this.#isLent && (kept.length + length) * 2 <= this.#buffer.length;
    if (!isRoom) this.#buffer = new Uint8Array(roomyFor(kept.length + length));
    this.#buffer.set(kept);
    this.#starts = this.#starts.map((start) => start - from);
    this.#ends = this.#ends.map((end) => end - from);
    this.#used = kept.length;
    this.#isLent = false;
    this.#list = undefined;
  }
}

const roomyFor = (bytes: number) => Math.max(smallestBuffer, bytes * 2);

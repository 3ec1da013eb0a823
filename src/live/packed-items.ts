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

/** Bytes of a block; one that a longer item needs has a multiple. */
const blockBytes = 64 * 1024;

/**
 * Items in order, kept as bytes in blocks that are used again and again: thousands that are kept for a while are nothing
 * for the garbage collector to follow, to move and to free.
 *
 * Unbounded: whoever pushes looks at `length` and `bytes`. The blocks are as many as the items need, plus those that they
 * needed before the last `clear`.
 */
export class PackedItems<T, S> {
  readonly #packing: Packing<T, S>;
  /** In which block each item lies, where it begins and ends there, and what it shares with others. */
  #blocks: Uint8Array[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #shared: S[] = [];
  #bytes = 0;
  /** The block of the newest item, and where in it the next one goes. */
  #block: Uint8Array = new Uint8Array(0);
  #used = 0;
  /** Blocks that nobody looks at. */
  #free: Uint8Array[] = [];
  /** Items that hold views of the blocks were given out: what has been written in them stays. */
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
      this.#packing.unpack(this.#blocks[index]!.subarray(this.#starts[index], end), this.#shared[index]!),
    );
    return this.#list;
  }

  push(item: T): void {
    const bytes = this.#packing.bytes(item);
    if (this.#used + bytes.length > this.#block.length) this.#nextBlock(bytes.length);
    this.#block.set(bytes, this.#used);
    this.#blocks.push(this.#block);
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
    this.#blocks.pop();
    this.#shared.pop();
    this.push(item);
  }

  /** Takes out the oldest. */
  dropFirst(count: number): void {
    for (let index = 0; index < count; index++) this.#bytes -= this.#ends[index]! - this.#starts[index]!;
    const dropped = new Set(this.#blocks.splice(0, count));
    this.#starts.splice(0, count);
    this.#ends.splice(0, count);
    this.#shared.splice(0, count);
    this.#list = undefined;
    dropped.delete(this.#block);
    for (const block of this.#blocks) dropped.delete(block);
    if (!this.#isLent) this.#free.push(...dropped);
  }

  clear(): void {
    this.#free = this.#isLent ? [] : [...new Set(this.#blocks)];
    this.#isLent = false;
    this.#blocks = [];
    this.#starts = [];
    this.#ends = [];
    this.#shared = [];
    this.#bytes = 0;
    this.#block = new Uint8Array(0);
    this.#used = 0;
    this.#list = undefined;
  }

  #nextBlock(bytes: number): void {
    const length = Math.max(1, Math.ceil(bytes / blockBytes)) * blockBytes;
    const found = this.#free.findIndex((block) => block.length >= length && block.length <= length * 2);
    this.#block = found < 0 ? new Uint8Array(length) : this.#free.splice(found, 1)[0]!;
    this.#used = 0;
  }
}

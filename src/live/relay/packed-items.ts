import type { PassingBytes } from "../../core/passing.js";
import type { AccessUnitMemory, MemoryBlock } from "../../h264/access-units/access-unit-memory.js";

/**
 * How items are kept as bytes.
 *
 * @typeParam In the items as they are pushed, which may be passing
 * @typeParam Out the same items, which last
 * @typeParam Shared what many items share, kept as it is
 */
export interface Packing<In, Out, Shared> {
  /** All of the item but what is shared. */
  bytes: (item: In) => PassingBytes;
  /** What of the item many share. */
  shared: (item: In) => Shared;
  /** The item again; it may hold views of `bytes`, which nobody writes to. */
  unpack: (bytes: Uint8Array, shared: Shared) => Out;
}

/**
 * Items in order, kept as the bytes that they are in memory: thousands that are kept for a while
 * are little for the garbage collector to follow, to move and to free.
 *
 * It takes what is passing: it holds the memory that an item lies in until it drops the item.
 *
 * Unbounded: whoever pushes looks at `length` and `bytes`.
 */
export class PackedItems<In, Out, Shared> {
  readonly #packing: Packing<In, Out, Shared>;
  readonly #memory: AccessUnitMemory;
  /** Where each item lies, what holds it there, and what it shares with others. */
  #buffers: ArrayBufferLike[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #blocks: (MemoryBlock | undefined)[] = [];
  #shared: Shared[] = [];
  #bytes = 0;
  /** What `list` gave last, while it holds. */
  #list: readonly Out[] | undefined;

  /** @param memory where passing items lie; others stay as long as their bytes are known here */
  constructor(packing: Packing<In, Out, Shared>, memory: AccessUnitMemory) {
    this.#packing = packing;
    this.#memory = memory;
  }

  get length(): number {
    return this.#ends.length;
  }

  /** Bytes of all items. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The items, oldest first; they may be kept for ever. The same objects for all who ask before it
   * changes.
   */
  list(): readonly Out[] {
    for (const block of this.#blocks) block?.keep();
    this.#list ??= this.#ends.map((end, index) => {
      const start = this.#starts[index]!;
      return this.#packing.unpack(
        new Uint8Array(this.#buffers[index]!, start, end - start),
        this.#shared[index]!,
      );
    });
    return this.#list;
  }

  push(item: In): void {
    const bytes = this.#packing.bytes(item);
    const { byteOffset, length } = bytes;
    const block = this.#memory.hold(bytes);
    this.#blocks.push(block);
    this.#buffers.push(block ? block.buffer : bytes.buffer);
    this.#starts.push(byteOffset);
    this.#ends.push(byteOffset + length);
    this.#shared.push(this.#packing.shared(item));
    this.#bytes += length;
    this.#list = undefined;
  }

  /** Replaces the newest. */
  replaceLast(item: In): void {
    this.#bytes -= this.#ends.pop()! - this.#starts.pop()!;
    this.#buffers.pop();
    this.#shared.pop();
    this.#blocks.pop()?.release();
    this.push(item);
  }

  /** Takes out the oldest. */
  dropFirst(count: number): void {
    this.#memory.shrink();
    for (let index = 0; index < count; index++) this.#bytes -= this.#ends[index]! - this.#starts[index]!;
    this.#buffers.splice(0, count);
    this.#starts.splice(0, count);
    this.#ends.splice(0, count);
    this.#shared.splice(0, count);
    for (const block of this.#blocks.splice(0, count)) block?.release();
    this.#list = undefined;
  }

  clear(): void {
    this.#memory.shrink();
    for (const block of this.#blocks) block?.release();
    this.#buffers = [];
    this.#starts = [];
    this.#ends = [];
    this.#blocks = [];
    this.#shared = [];
    this.#bytes = 0;
    this.#list = undefined;
  }
}

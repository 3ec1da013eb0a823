import type { PassingBytes } from "../../core/passing.js";
import type { AccessUnitMemory, MemoryBlock } from "../../h264/access-units/access-unit-memory.js";

/**
 * How `PackedItems` stores an item as bytes.
 *
 * @typeParam In the items as they are pushed; they may be passing
 * @typeParam Out the same items once they last
 * @typeParam Shared what many items share, stored as an object
 */
export interface Packing<In, Out, Shared> {
  /** All of the item except what it shares. */
  bytes: (item: In) => PassingBytes;
  /** What the item shares with others. */
  shared: (item: In) => Shared;
  /** Makes the item again. It may hold views of `bytes`, which nobody writes to. */
  unpack: (bytes: Uint8Array, shared: Shared) => Out;
}

/**
 * Items in order, stored as the bytes that they occupy in memory already. Thousands of items cost
 * the garbage collector little, because they are not thousands of objects.
 *
 * The items may be passing: `PackedItems` holds the memory of an item until it drops the item.
 *
 * It has no bound: its owner watches `length` and `bytes`.
 */
export class PackedItems<In, Out, Shared> {
  readonly #packing: Packing<In, Out, Shared>;
  readonly #memory: AccessUnitMemory;
  /** Per item: where its bytes lie, the block that is held for them, and what it shares. */
  #buffers: ArrayBufferLike[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #blocks: (MemoryBlock | undefined)[] = [];
  #shared: Shared[] = [];
  #bytes = 0;
  /** What `list` returned, until an item comes or goes. */
  #list: readonly Out[] | undefined;

  /** @param memory where passing items lie; items that lie elsewhere must last by themselves */
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
   * The items, oldest first. They last. Until an item comes or goes, these are the same objects.
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

  /** Replaces the newest item. */
  replaceLast(item: In): void {
    this.#bytes -= this.#ends.pop()! - this.#starts.pop()!;
    this.#buffers.pop();
    this.#shared.pop();
    this.#blocks.pop()?.release();
    this.push(item);
  }

  /** Drops the `count` oldest items. */
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

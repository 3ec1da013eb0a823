import type { Passing, PassingBytes } from "../../core/passing.js";

/** The size of a block. A larger access unit gets a block of a multiple. */
const blockBytes = 64 * 1024;
/** Free blocks that stay, for the case that the next group of pictures is longer. */
const spareBlocks = 2;

/** A piece of memory that holds access units one after the other. */
export class MemoryBlock {
  readonly bytes: Uint8Array;
  /** `bytes.buffer`, which takes V8 0.1 µs to look up. */
  readonly buffer: ArrayBufferLike;
  readonly #whenFree: (block: MemoryBlock) => void;
  #holders = 0;
  #isKept = false;

  constructor(length: number, whenFree: (block: MemoryBlock) => void) {
    this.buffer = new ArrayBuffer(length);
    this.bytes = new Uint8Array(this.buffer);
    this.#whenFree = whenFree;
  }

  /** True if nobody needs its bytes. */
  get isFree(): boolean {
    return this.#holders === 0 && !this.#isKept;
  }

  /** Keeps the bytes until `release`. */
  hold(): void {
    this.#holders++;
  }

  /** Ends one `hold`. */
  release(): void {
    this.#holders--;
    if (this.isFree) this.#whenFree(this);
  }

  /** Keeps the bytes for good: the block is never used again. */
  keep(): void {
    this.#isKept = true;
  }
}

/**
 * Gathers the access units of one stream in memory that is used again, so that their bytes are
 * copied once.
 *
 * An access unit passes: its bytes last until the `push` that brings it returns. `hold` and `keep`
 * make the newest one last longer.
 */
export class AccessUnitMemory {
  /**
   * For tests. Each access unit gets its own block, which is overwritten once it is free: a missing
   * `keep` becomes visible.
   */
  static isStrict = false;
  /** Bytes left free before each `AccessUnit.data`, where a sender can write a header. */
  readonly room: number;
  #block: MemoryBlock;
  /** Bytes of the block in use. */
  #used = 0;
  /** Blocks whose bytes nobody needs. */
  #free: MemoryBlock[] = [];
  readonly #whenFree = (block: MemoryBlock): void => {
    if (block !== this.#block) this.#reuse(block);
  };

  constructor(room = 0) {
    this.room = room;
    this.#block = new MemoryBlock(0, this.#whenFree);
  }

  /** The bytes of the current block. */
  get bytes(): Uint8Array {
    return this.#block.bytes;
  }

  /** How many of them are in use. */
  get used(): number {
    return this.#used;
  }

  /** Marks the bytes from `start` to `end` as those of an access unit. @returns them */
  claim(start: number, end: number): Uint8Array {
    this.#used = end;
    return new Uint8Array(this.#block.buffer, start, end - start);
  }

  /**
   * Continues in another block.
   *
   * @param bytes how much room it needs
   * @param begun the bytes of an access unit that is not complete, which move there
   */
  next(bytes: number, begun?: Uint8Array): void {
    const left = this.#block;
    const whole = Math.max(1, Math.ceil(bytes / blockBytes)) * blockBytes;
    const length = AccessUnitMemory.isStrict ? bytes : whole;
    const found = this.#free.findIndex(({ bytes }) => bytes.length >= length && bytes.length <= length * 2);
    this.#block = found < 0 ? new MemoryBlock(length, this.#whenFree) : this.#free.splice(found, 1)[0]!;
    this.#used = 0;
    if (begun) this.#block.bytes.set(begun, this.room);
    if (left.isFree && left.bytes.length > 0) this.#reuse(left);
  }

  /**
   * Makes the newest access unit last until the block is released.
   * @returns its block; undefined if `bytes` are not of this memory
   */
  hold(bytes: PassingBytes): MemoryBlock | undefined {
    const block = this.#blockOf(bytes);
    block?.hold();
    return block;
  }

  /** Makes an item last that holds the bytes of the newest access unit. @returns the item */
  keep<T>(item: Passing<T>, bytes: PassingBytes): T {
    this.#blockOf(bytes)?.keep();
    return item as T;
  }

  /** The size of all free blocks. */
  get spareBytes(): number {
    return this.#free.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Gives up all free blocks but a few. */
  shrink(): void {
    this.#free = this.#free.filter(({ bytes }) => bytes.length === blockBytes).slice(0, spareBlocks);
  }

  /** The newest access unit is always in the current block. Older ones are held or kept by now. */
  #blockOf(bytes: PassingBytes): MemoryBlock | undefined {
    return bytes.buffer === this.#block.buffer ? this.#block : undefined;
  }

  #reuse(block: MemoryBlock): void {
    if (AccessUnitMemory.isStrict) block.bytes.fill(0xee);
    this.#free.push(block);
  }
}

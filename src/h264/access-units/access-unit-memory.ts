import type { Passing, PassingBytes } from "../../core/passing.js";

/** Bytes of a block; an access unit that needs more has a multiple. */
const blockBytes = 64 * 1024;
/**
 * Blocks that nobody needs and that are not given up: the next group of pictures may be as much
 * longer.
 */
const spareBlocks = 2;

/** A piece of memory with access units one after the other. */
export class MemoryBlock {
  readonly bytes: Uint8Array;
  /** `bytes.buffer`: V8 takes 0.1 µs to look it up. */
  readonly buffer: ArrayBufferLike;
  readonly #whenFree: (block: MemoryBlock) => void;
  #holders = 0;
  #isKept = false;

  constructor(length: number, whenFree: (block: MemoryBlock) => void) {
    this.buffer = new ArrayBuffer(length);
    this.bytes = new Uint8Array(this.buffer);
    this.#whenFree = whenFree;
  }

  /** Nobody needs what is written here. */
  get isFree(): boolean {
    return this.#holders === 0 && !this.#isKept;
  }

  /** What is written here stays until `release`. */
  hold(): void {
    this.#holders++;
  }

  /** Ends one `hold`. */
  release(): void {
    this.#holders--;
    if (this.isFree) this.#whenFree(this);
  }

  /** What is written here stays: the block is never used again. */
  keep(): void {
    this.#isKept = true;
  }
}

/**
 * Where the access units of one stream are gathered, to lie there until nobody needs them: their
 * bytes are copied once, and the memory is used again. So `AccessUnit.data` lasts until the `push`
 * that it came with is over; who needs it for longer says so meanwhile, by `hold` or `keep`.
 */
export class AccessUnitMemory {
  /**
   * For tests: each access unit has a block of its own that is overwritten once it is free, so that
   * one who forgot to keep it shows.
   */
  static isStrict = false;
  /**
   * Bytes left free before each `AccessUnit.data`, for one who writes a header there and sends both
   * at once.
   */
  readonly room: number;
  #block: MemoryBlock;
  /** Bytes of the block that are taken. */
  #used = 0;
  /** Blocks that nobody needs. */
  #free: MemoryBlock[] = [];
  readonly #whenFree = (block: MemoryBlock): void => {
    if (block !== this.#block) this.#takeBack(block);
  };

  constructor(room = 0) {
    this.room = room;
    this.#block = new MemoryBlock(0, this.#whenFree);
  }

  /** The block where access units are gathered now. */
  get bytes(): Uint8Array {
    return this.#block.bytes;
  }

  /** Bytes of it that are taken. */
  get used(): number {
    return this.#used;
  }

  /** The bytes from `start` to `end` are an access unit's. @returns them */
  take(start: number, end: number): Uint8Array {
    this.#used = end;
    return new Uint8Array(this.#block.buffer, start, end - start);
  }

  /**
   * Goes on in another block, with room for so many bytes; those that were begun with move there.
   */
  next(bytes: number, begun?: Uint8Array): void {
    const left = this.#block;
    const whole = Math.max(1, Math.ceil(bytes / blockBytes)) * blockBytes;
    const length = AccessUnitMemory.isStrict ? bytes : whole;
    const found = this.#free.findIndex(({ bytes }) => bytes.length >= length && bytes.length <= length * 2);
    this.#block = found < 0 ? new MemoryBlock(length, this.#whenFree) : this.#free.splice(found, 1)[0]!;
    this.#used = 0;
    if (begun) this.#block.bytes.set(begun, this.room);
    if (left.isFree && left.bytes.length > 0) this.#takeBack(left);
  }

  /**
   * Lets the newest access unit stay until the block is released; undefined when `bytes` are not of
   * this memory.
   */
  hold(bytes: PassingBytes): MemoryBlock | undefined {
    const block = this.#blockOf(bytes);
    block?.hold();
    return block;
  }

  /**
   * Makes an item last whose bytes are, or hold, those of the newest access unit. @returns the item
   */
  keep<T>(item: Passing<T>, bytes: PassingBytes): T {
    this.#blockOf(bytes)?.keep();
    return item as T;
  }

  /** Bytes of the blocks that nobody needs. */
  get spareBytes(): number {
    return this.#free.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Gives up blocks that nobody needs, but for a few. */
  shrink(): void {
    this.#free = this.#free.filter(({ bytes }) => bytes.length === blockBytes).slice(0, spareBlocks);
  }

  /**
   * The newest access unit is always in the block where the next one is gathered; others have been
   * held or kept by now.
   */
  #blockOf(bytes: PassingBytes): MemoryBlock | undefined {
    return bytes.buffer === this.#block.buffer ? this.#block : undefined;
  }

  #takeBack(block: MemoryBlock): void {
    if (AccessUnitMemory.isStrict) block.bytes.fill(0xee);
    this.#free.push(block);
  }
}

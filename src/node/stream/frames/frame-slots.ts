/**
 * What the two threads agree on about a slot; kept in shared memory and changed by
 * compare-and-exchange only.
 */
const SlotState = { free: 0, writing: 1, ready: 2, taken: 3 } as const;

/** How long `SlotReader.take` waits for the rest of a frame that is being written, ms. */
const writingWaitMs = 1;

/** Frames that exist at once, at most: waiting, in the user's hands, being written. */
export const slotCount = 64;

/** Two numbers a slot: its state, and how often it was written. */
const wordsPerSlot = 2;

/** Names one frame in one slot. */
export interface SlotTicket {
  readonly slot: number;
  /** How often the slot had been written; tells a frame from a later one in the same slot. */
  readonly generation: number;
}

/**
 * What became of the frame that a ticket names.
 * - `taken`: it is the caller's
 * - `gone`: a newer one has replaced it
 * - `unfinished`: it is still being written: ask again
 */
export type Taking = "taken" | "gone" | "unfinished";

/** Memory of one slot. */
export interface SlotPlace {
  readonly slot: number;
  readonly memory: SharedArrayBuffer;
}

/** Shared state of all slots: made by the reader, given to the writer. */
export function createSlotControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(slotCount * wordsPerSlot * Int32Array.BYTES_PER_ELEMENT);
}

/** How many frames may wait, and what happens when that many do. */
export interface WaitingPolicy {
  readonly capacity: number;
  /**
   * `replace`: the new frame replaces all that wait. `wait`: the writer has to stop until one was
   * taken.
   */
  readonly whenFull: "replace" | "wait";
}

/** The thread that decodes: finds memory for the next frame. */
export class SlotWriter {
  readonly #control: Int32Array;
  readonly #policy: WaitingPolicy;
  readonly #memory: (SharedArrayBuffer | undefined)[] = new Array(slotCount).fill(undefined);
  #replaced = 0;
  #noRoom = 0;

  constructor(control: SharedArrayBuffer, policy: WaitingPolicy) {
    this.#control = new Int32Array(control);
    this.#policy = policy;
  }

  /**
   * Frames that a newer one replaced before anybody took them, and those for which all slots were
   * in use.
   */
  get replaced(): number {
    return this.#replaced + this.#noRoom;
  }

  /** False when decoding should wait until a frame is taken or given back. */
  get hasRoom(): boolean {
    return this.#policy.whenFull === "replace" || this.#countInUse() < this.#policy.capacity;
  }

  /** Whether frames wait to be taken, or to be given back. */
  get isInUse(): boolean {
    return this.#countInUse() > 0;
  }

  /**
   * Before a new frame is announced: frames that wait make way for it, where that is the policy.
   */
  makeWay(): void {
    if (this.#policy.whenFull === "replace" && this.#count(SlotState.ready) >= this.#policy.capacity)
      this.#dropReady();
  }

  /**
   * Memory for a frame of `size` bytes, or undefined when none is free; to be announced, written
   * and published.
   */
  acquire(size: number): SlotPlace | undefined {
    this.makeWay();
    const place = this.#findPlace(size);
    if (!place) this.#noRoom++;
    return place;
  }

  /**
   * The same for a frame that is not due yet, or undefined when many slots are in use; to be
   * written, and announced and published later, or released.
   */
  acquireEarly(size: number): SlotPlace | undefined {
    return this.#count(SlotState.free) > slotCount / 2 ? this.#findPlace(size) : undefined;
  }

  /** The frame in `slot` will not be announced. */
  release(slot: number): void {
    Atomics.store(this.#control, slot * wordsPerSlot, SlotState.free);
  }

  /**
   * The frame in `slot` is about to be written: a thread takes as long to wake up as that does, and
   * may be told before.
   */
  announce(slot: number): SlotTicket {
    return { slot, generation: Atomics.add(this.#control, slot * wordsPerSlot + 1, 1) + 1 };
  }

  /** The frame that was announced is written. */
  publish({ slot }: SlotTicket): void {
    this.#exchange(slot, SlotState.writing, SlotState.ready);
    Atomics.notify(this.#control, slot * wordsPerSlot);
  }

  #findPlace(size: number): SlotPlace | undefined {
    // A slot with memory of its own before one that needs some: the set of slots stays as small as
    // it can.
    const slot =
      this.#take((index) => (this.#memory[index]?.byteLength ?? 0) >= size) ?? this.#take(() => true);
    if (slot === undefined) return undefined;
    let memory = this.#memory[slot];
    if (!memory || memory.byteLength < size) {
      memory = new SharedArrayBuffer(size);
      this.#memory[slot] = memory;
    }
    return { slot, memory };
  }

  #take(fits: (slot: number) => boolean): number | undefined {
    for (let slot = 0; slot < slotCount; slot++) {
      if (fits(slot) && this.#exchange(slot, SlotState.free, SlotState.writing)) return slot;
    }
    return undefined;
  }

  #dropReady(): void {
    for (let slot = 0; slot < slotCount; slot++) {
      if (this.#exchange(slot, SlotState.ready, SlotState.free)) this.#replaced++;
    }
  }

  #exchange(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#control, slot * wordsPerSlot, from, to) === from;
  }

  #count(state: number): number {
    let count = 0;
    for (let slot = 0; slot < slotCount; slot++) {
      if (Atomics.load(this.#control, slot * wordsPerSlot) === state) count++;
    }
    return count;
  }

  #countInUse(): number {
    return this.#count(SlotState.ready) + this.#count(SlotState.taken);
  }
}

/** The thread that uses frames. */
export class SlotReader {
  readonly #control: Int32Array;

  constructor(control: SharedArrayBuffer) {
    this.#control = new Int32Array(control);
  }

  /**
   * Takes a frame that was announced. Blocks this thread for up to a millisecond while it is being
   * written.
   */
  take({ slot, generation }: SlotTicket): Taking {
    const state = slot * wordsPerSlot;
    if (Atomics.load(this.#control, state + 1) !== generation) return "gone";
    if (Atomics.wait(this.#control, state, SlotState.writing, writingWaitMs) === "timed-out")
      return "unfinished";
    if (Atomics.compareExchange(this.#control, state, SlotState.ready, SlotState.taken) !== SlotState.ready)
      return "gone";
    if (Atomics.load(this.#control, state + 1) === generation) return "taken";
    // Another frame is in the slot by now, whose message is still to come.
    Atomics.store(this.#control, state, SlotState.ready);
    return "gone";
  }

  /** The frame is no longer used. */
  giveBack({ slot }: SlotTicket): void {
    Atomics.store(this.#control, slot * wordsPerSlot, SlotState.free);
  }

  /** The writer is gone: nobody finishes what it had begun. */
  freeUnfinished(): void {
    for (let slot = 0; slot < slotCount; slot++) {
      const state = slot * wordsPerSlot;
      Atomics.compareExchange(this.#control, state, SlotState.writing, SlotState.free);
    }
  }

  /**
   * Drops a written frame that nobody will take; nothing happens when a newer one has replaced it.
   */
  discard(ticket: SlotTicket): void {
    if (this.take(ticket) === "taken") this.giveBack(ticket);
  }
}

/** The state of a slot, in shared memory. Both threads change it by compare-and-exchange only. */
const SlotState = { free: 0, writing: 1, ready: 2, taken: 3 } as const;

/** How long `SlotReader.take` waits for a frame that is being written, ms. */
const writingWaitMs = 1;

/** Most frames that exist at once: being written, waiting, or in the program's hands. */
export const slotCount = 64;

/** Two numbers per slot: its state, and how often it was written. */
const wordsPerSlot = 2;

/** Names one frame in one slot. */
export interface SlotTicket {
  readonly slot: number;
  /** How often the slot was written: distinguishes a frame from a later one in the same slot. */
  readonly generation: number;
}

/**
 * What became of the frame that a ticket names.
 * - `taken`: the caller owns it
 * - `gone`: a newer one has replaced it
 * - `unfinished`: it is still being written; try again
 */
export type Taking = "taken" | "gone" | "unfinished";

/** The memory of one slot. */
export interface SlotPlace {
  readonly slot: number;
  readonly memory: SharedArrayBuffer;
}

/** Makes the shared state of all slots, which the reader gives to the writer. */
export function createSlotControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(slotCount * wordsPerSlot * Int32Array.BYTES_PER_ELEMENT);
}

/** How many frames may wait, and what happens then. */
export interface WaitingPolicy {
  readonly capacity: number;
  /**
   * `replace`: a new frame replaces all waiting ones. `wait`: the writer stops until one is taken.
   */
  readonly whenFull: "replace" | "wait";
}

/** The side of the thread that decodes: finds memory for the next frame. */
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

  /** Frames dropped: a newer one replaced them, or all slots were in use. */
  get replaced(): number {
    return this.#replaced + this.#noRoom;
  }

  /** False while decoding should wait until the program takes or gives back a frame. */
  get hasRoom(): boolean {
    return this.#policy.whenFull === "replace" || this.#countInUse() < this.#policy.capacity;
  }

  /** True while frames wait, or the program has some. */
  get isInUse(): boolean {
    return this.#countInUse() > 0;
  }

  /** Drops waiting frames before a new one is announced, if the policy says so. */
  makeWay(): void {
    if (this.#policy.whenFull === "replace" && this.#count(SlotState.ready) >= this.#policy.capacity)
      this.#dropReady();
  }

  /**
   * Takes memory for a frame of `size` bytes, to be announced, written and published. Undefined
   * when no slot is free.
   */
  acquire(size: number): SlotPlace | undefined {
    this.makeWay();
    const place = this.#findPlace(size);
    if (!place) this.#noRoom++;
    return place;
  }

  /**
   * Takes memory for a frame that is not due yet: to be written now, and announced and published
   * later, or released. Undefined when many slots are in use.
   */
  acquireEarly(size: number): SlotPlace | undefined {
    return this.#count(SlotState.free) > slotCount / 2 ? this.#findPlace(size) : undefined;
  }

  /** Gives back the memory of a frame that will not be announced. */
  release(slot: number): void {
    Atomics.store(this.#control, slot * wordsPerSlot, SlotState.free);
  }

  /**
   * Makes the ticket of a frame that is about to be written. The other thread may get it before the
   * writing: waking up takes it as long.
   */
  announce(slot: number): SlotTicket {
    return { slot, generation: Atomics.add(this.#control, slot * wordsPerSlot + 1, 1) + 1 };
  }

  /** Marks an announced frame as written. */
  publish({ slot }: SlotTicket): void {
    this.#exchange(slot, SlotState.writing, SlotState.ready);
    Atomics.notify(this.#control, slot * wordsPerSlot);
  }

  #findPlace(size: number): SlotPlace | undefined {
    // A slot that has enough memory comes first, so that few slots have memory.
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

/** The side of the thread that uses frames. */
export class SlotReader {
  readonly #control: Int32Array;

  constructor(control: SharedArrayBuffer) {
    this.#control = new Int32Array(control);
  }

  /**
   * Takes an announced frame. Blocks this thread for up to a millisecond while the frame is being
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
    // The slot holds another frame by now, whose message has not arrived.
    Atomics.store(this.#control, state, SlotState.ready);
    return "gone";
  }

  /** Gives back a frame that was taken. */
  giveBack({ slot }: SlotTicket): void {
    Atomics.store(this.#control, slot * wordsPerSlot, SlotState.free);
  }

  /** Frees the slots that a dead writer was writing to. */
  freeUnfinished(): void {
    for (let slot = 0; slot < slotCount; slot++) {
      const state = slot * wordsPerSlot;
      Atomics.compareExchange(this.#control, state, SlotState.writing, SlotState.free);
    }
  }

  /** Drops a written frame that nobody will take; does nothing when a newer one has replaced it. */
  discard(ticket: SlotTicket): void {
    if (this.take(ticket) === "taken") this.giveBack(ticket);
  }
}

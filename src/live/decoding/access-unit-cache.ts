import { type AccessUnit, isPossibleStart, isStart, memoryOf } from "../../h264/access-unit.js";

/** Bounds of an `AccessUnitCache`. */
export interface AccessUnitCacheOptions {
  /** Bytes of memory that the access units take (`memoryOf`). Default 64 MiB. */
  readonly maxBytes?: number;
  /** Default 4096 access units: more than two minutes at 30 a second. */
  readonly maxUnits?: number;
}

/**
 * The access units since the last random access point from which everything after it can be decoded: what a new
 * or reset decoder needs to be level with the stream.
 *
 * When a group of pictures is beyond the bounds, it is forgotten whole: half of it is of no use.
 */
export class AccessUnitCache {
  readonly #maxBytes: number;
  readonly #maxUnits: number;
  #units: AccessUnit[] = [];
  #bytes = 0;

  constructor(options: AccessUnitCacheOptions = {}) {
    this.#maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
    this.#maxUnits = options.maxUnits ?? 4096;
  }

  /** The access units in decoding order, from a random access point on; empty when there is none to start at. */
  get units(): readonly AccessUnit[] {
    return this.#units;
  }

  /** Adds the next access unit, or replaces the last one when the unit corrects it. */
  add(unit: AccessUnit): void {
    const last = this.#units.at(-1);
    if (unit.corrects && last?.sequence === unit.sequence) {
      this.#units.pop();
      this.#bytes -= memoryOf(last);
    }
    if (isStart(unit) || (this.#units.length === 0 && isPossibleStart(unit))) this.#clear();
    else if (this.#units.length === 0) return;
    this.#units.push(unit);
    this.#bytes += memoryOf(unit);
    if (this.#bytes > this.#maxBytes || this.#units.length > this.#maxUnits) this.#clear();
  }

  #clear(): void {
    this.#units = [];
    this.#bytes = 0;
  }
}

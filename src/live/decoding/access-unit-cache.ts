import { type AccessUnit, isPossibleStart, isStart, memoryOf } from "../../h264/access-unit.js";

/** Bounds of an `AccessUnitCache`. */
export interface AccessUnitCacheOptions {
  /** Bytes of memory that the access units take (`memoryOf`). Default 64 MiB. */
  readonly maxBytes?: number;
  /** Access units. Default 4096: more than two minutes at 30 per second. */
  readonly maxUnits?: number;
}

/**
 * The access units since the last random access point: what a new or reset decoder needs to catch
 * up with the stream.
 *
 * A group of pictures that exceeds the bounds is dropped whole, because half of it is useless.
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

  /** In decoding order, from a random access point on; empty when the cache has none. */
  get units(): readonly AccessUnit[] {
    return this.#units;
  }

  /** Adds the next access unit, or replaces the last one if `unit` corrects it. */
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

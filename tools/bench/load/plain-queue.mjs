import { systemClock } from "../../../dist/node/clock.js";

/**
 * @import { Microseconds } from "../../../dist/core/time.js"
 * @import { AccessUnit } from "../../../dist/h264/access-unit.js"
 * @import { SlowDecoder } from "./slow-decoder.mjs"
 */

/**
 * The rule of many receivers: when more than a limit of access units wait, drop them all and wait
 * for a key frame.
 */
export class PlainQueue {
  dropped = 0;
  #decoder;
  #limit;
  #later;
  #onBusy;
  /** @type {AccessUnit[]} */
  #queue = [];
  #waitsForKey = false;
  #isScheduled = false;

  /**
   * @param {SlowDecoder} decoder
   * @param {number} limit
   * @param {(run: () => void) => void} later
   * @param {(from: Microseconds, to: Microseconds) => void} onBusy
   */
  constructor(decoder, limit, later, onBusy) {
    this.#decoder = decoder;
    this.#limit = limit;
    this.#later = later;
    this.#onBusy = onBusy;
  }

  /** @param {AccessUnit} unit */
  push(unit) {
    if (this.#waitsForKey && unit.randomAccess === undefined) {
      this.dropped++;
      return;
    }
    this.#waitsForKey = false;
    this.#queue.push(unit);
    if (this.#queue.length > this.#limit) {
      this.dropped += this.#queue.length;
      this.#queue = [];
      this.#waitsForKey = true;
    }
    this.#run();
  }

  abandon() {
    this.#queue = [];
  }

  close() {
    this.#decoder.close();
  }

  #run() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#later(() => {
      this.#isScheduled = false;
      this.#decoder.confirmEnd();
      const unit = this.#queue.shift();
      const from = systemClock.now();
      if (!unit) return;
      this.#decoder.push(unit);
      this.#onBusy(from, systemClock.now());
      this.#run();
    });
  }
}

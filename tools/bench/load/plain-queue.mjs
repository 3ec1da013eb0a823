import { systemClock } from "../../../dist/node/clock.js";

/** The rule that many receivers have: when more than so many access units wait, drop them all and wait for a key frame. */
export class PlainQueue {
  dropped = 0;
  #decoder;
  #limit;
  #later;
  #onBusy;
  #queue = [];
  #waitsForKey = false;
  #turnIsTaken = false;

  constructor(decoder, limit, later, onBusy) {
    this.#decoder = decoder;
    this.#limit = limit;
    this.#later = later;
    this.#onBusy = onBusy;
  }

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
    if (this.#turnIsTaken) return;
    this.#turnIsTaken = true;
    this.#later(() => {
      this.#turnIsTaken = false;
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

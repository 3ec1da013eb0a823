/**
 * Measures how long this process was kept from running, at most. What it measures can be late by
 * that.
 */
export class LatenessWatch {
  largestMs = 0;
  #last = performance.now();
  #timer = setInterval(() => {
    const now = performance.now();
    this.largestMs = Math.max(this.largestMs, now - this.#last - 10);
    this.#last = now;
  }, 10);

  end() {
    clearInterval(this.#timer);
  }
}

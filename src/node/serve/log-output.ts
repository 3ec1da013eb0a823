import { write } from "node:fs";

/** Entries beyond this many bytes are lost while nobody takes them. */
const maxWaitingBytes = 1024 * 1024;
/** Time until the next attempt where a pipe takes nothing at the moment, ms. */
const retryMs = 100;

/**
 * Writes lines to a descriptor. It never holds up the thread and never fails: lines that cannot be
 * written (a full disk, a pipe that nobody reads) wait up to 1 MiB, and the next line is the next
 * attempt. What comes beyond that is lost and counted.
 *
 * A write that nobody takes keeps the process alive.
 */
export class LogOutput {
  readonly #descriptor: number;
  readonly #onLost: (count: number) => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #lost = 0;

  /** @param onLost called when lines are taken again after `count` were lost */
  constructor(descriptor: number, onLost: (count: number) => void) {
    this.#descriptor = descriptor;
    this.#onLost = onLost;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > maxWaitingBytes) this.#lost++;
    else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    }
    this.#writeNext();
  }

  #writeNext(): void {
    if (this.#isWriting || this.#waiting.length === 0) return;
    this.#isWriting = true;
    const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    this.#waiting = [bytes];
    write(this.#descriptor, bytes, (error, written) => {
      this.#isWriting = false;
      if (error?.code === "EAGAIN") setTimeout(() => this.#writeNext(), retryMs);
      if (error) return;
      this.#waiting[0] = bytes.subarray(written);
      if (written === bytes.length) this.#waiting.shift();
      this.#waitingBytes -= written;
      if (this.#lost > 0) {
        const lost = this.#lost;
        this.#lost = 0;
        this.#onLost(lost);
      }
      this.#writeNext();
    });
  }
}

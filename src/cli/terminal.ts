import { describeSourceState } from "../node/source/describe-source-state.js";
import type { SourceState } from "../node/source/source.js";

/** What a command tells the person, on standard error: standard output is for pictures. */
export class Terminal {
  readonly #quiet: boolean;
  readonly #isTerminal = process.stderr.isTTY === true;
  #progress = "";

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  /** A line that stays. */
  line(text: string): void {
    if (this.#quiet) return;
    this.#clearProgress();
    process.stderr.write(`${text}\n`);
    if (this.#progress) process.stderr.write(this.#progress);
  }

  /** What happens at the source. */
  state(state: SourceState): void {
    this.line(`nalive: ${describeSourceState(state)}`);
  }

  /** The one line that is written anew each time; shown on a terminal only. */
  progress(text: string): void {
    if (this.#quiet || !this.#isTerminal) return;
    this.#clearProgress();
    this.#progress = text.slice(0, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(this.#progress);
  }

  /** The progress line is over; the cursor stands at the start of an empty line. */
  endProgress(): void {
    this.#clearProgress();
    this.#progress = "";
  }

  #clearProgress(): void {
    if (this.#progress) process.stderr.write("\r\x1b[K");
  }
}

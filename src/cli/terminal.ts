import { describeSourceState } from "../node/source/describe-source-state.js";
import type { SourceState } from "../node/source/source.js";

/** Messages of a command, on standard error, because standard output is for frames. */
export class Terminal {
  readonly #quiet: boolean;
  readonly #isTerminal = process.stderr.isTTY === true;
  #progress = "";

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  /** Prints a line. */
  line(text: string): void {
    if (this.#quiet) return;
    this.#clearProgress();
    process.stderr.write(`${text}\n`);
    if (this.#progress) process.stderr.write(this.#progress);
  }

  /** Prints what happened at the source. */
  state(state: SourceState): void {
    this.line(`nalive: ${describeSourceState(state)}`);
  }

  /** Replaces the progress line, which only a terminal shows. */
  progress(text: string): void {
    if (this.#quiet || !this.#isTerminal) return;
    this.#clearProgress();
    this.#progress = text.slice(0, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(this.#progress);
  }

  /** Removes the progress line. */
  endProgress(): void {
    this.#clearProgress();
    this.#progress = "";
  }

  #clearProgress(): void {
    if (this.#progress) process.stderr.write("\r\x1b[K");
  }
}

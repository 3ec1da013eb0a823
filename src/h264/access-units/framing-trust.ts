import type { Chunk } from "../../core/chunk.js";
import type { IssueReporter } from "../../core/issues.js";

/** Confirmed ends before framing is trusted. */
const firstConfirmations = 3;
/** The number of confirmed ends never grows beyond this. */
const mostConfirmations = 10_000;

/**
 * Learns whether pictures end where a message ends, or a datagram that is shorter than the largest.
 *
 * Three confirmed ends in a row earn trust. Each violation of that trust raises the number
 * fourfold.
 */
export class FramingTrust {
  readonly #issues: IssueReporter;
  #largestDatagram = 0;
  #confirmations = 0;
  #needed = firstConfirmations;

  constructor(issues: IssueReporter) {
    this.#issues = issues;
  }

  /** True while the end of a message or short datagram counts as the end of a picture. */
  get isTrusted(): boolean {
    return this.#confirmations >= this.#needed;
  }

  /** True if this chunk ends a picture, provided that the framing can be trusted. */
  endsPicture({ framing, data }: Chunk): boolean {
    if (framing === "message") return true;
    if (framing !== "datagram") return false;
    this.#largestDatagram = Math.max(this.#largestDatagram, data.length);
    return data.length < this.#largestDatagram;
  }

  /** A picture ended where the framing predicted it. */
  confirm(): void {
    this.#confirmations++;
  }

  /** A picture continued where the framing predicted its end. */
  violate(): void {
    if (this.isTrusted) {
      this.#issues.report(
        "framing-violated",
        "a message or datagram that should have ended a picture did not",
      );
      this.#needed = Math.min(this.#needed * 4, mostConfirmations);
    }
    this.#confirmations = 0;
  }
}

import type { Chunk } from "../../core/chunk.js";
import type { IssueReporter } from "../../core/issues.js";

/** Confirmed ends before a transport's framing is trusted. */
const firstConfirmations = 3;
/** Confirmed ends that are asked for at most, however often the framing misled. */
const mostConfirmations = 10_000;

/**
 * Learns whether the transport's framing tells where pictures end: a message, or a datagram shorter than the largest,
 * has to end three in a row. Each time that trust was misplaced, four times as many are asked for.
 */
export class FramingTrust {
  readonly #issues: IssueReporter;
  #largestDatagram = 0;
  #confirmations = 0;
  #needed = firstConfirmations;

  constructor(issues: IssueReporter) {
    this.#issues = issues;
  }

  /** True while the framing is taken for the end of a picture. */
  get isTrusted(): boolean {
    return this.#confirmations >= this.#needed;
  }

  /** True when a picture ends with this chunk if the framing can be trusted. */
  endsPicture({ framing, data }: Chunk): boolean {
    if (framing === "message") return true;
    if (framing !== "datagram") return false;
    this.#largestDatagram = Math.max(this.#largestDatagram, data.length);
    return data.length < this.#largestDatagram;
  }

  /** A picture ended where the framing said so. */
  confirm(): void {
    this.#confirmations++;
  }

  /** A picture went on where the framing said that it ends. */
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

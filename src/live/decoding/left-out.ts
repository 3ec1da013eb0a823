import type { IssueReporter } from "../../core/issues.js";
import type { AccessUnit } from "../../h264/access-unit.js";

/** What was left out because decoding fell behind, by rung of the load ladder. */
export interface LeftOut {
  /** Pictures decoded without the loop filter. No other picture refers to them. */
  readonly loopFilters: number;
  /** Access units dropped that no other picture refers to. */
  readonly nonReference: number;
  /** Access units dropped in a jump to a newer random access point that waited. */
  readonly beforeJump: number;
  /** Access units dropped until the next random access point came. */
  readonly untilRandomAccess: number;
}

const reasons = {
  nonReference: "no other picture refers to it",
  beforeJump: "a newer random access point waits",
  untilRandomAccess: "decoding goes on at the next random access point",
} as const;

/** Why an access unit was dropped. */
export type LeftOutReason = keyof typeof reasons;

/** Counts what is left out and reports what is dropped. */
export class LeftOutCounter {
  readonly #issues: IssueReporter;
  readonly #counts = { loopFilters: 0, nonReference: 0, beforeJump: 0, untilRandomAccess: 0 };

  constructor(issues: IssueReporter) {
    this.#issues = issues;
  }

  /** A new object each time. */
  get counts(): LeftOut {
    return { ...this.#counts };
  }

  /** Access units dropped. */
  get dropped(): number {
    const { nonReference, beforeJump, untilRandomAccess } = this.#counts;
    return nonReference + beforeJump + untilRandomAccess;
  }

  /** A picture was decoded without the loop filter. */
  loopFilter(): void {
    this.#counts.loopFilters++;
  }

  /** An access unit was dropped. */
  drop({ sequence }: AccessUnit, reason: LeftOutReason): void {
    this.#counts[reason]++;
    this.#issues.report(
      "dropped-late",
      `access unit ${sequence} was dropped: decoding is behind, and ${reasons[reason]}`,
    );
  }
}

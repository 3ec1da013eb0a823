import type { IssueCode, IssueReporter } from "../../../core/issues.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import { OutputHistory } from "./output-history.js";

/**
 * Reports the issues of a `PictureLine`. A picture that is not shown counts once, with the first
 * reason, however often and by whichever decoder it is decoded again. So the pictures that came are
 * those shown and those of each reason.
 */
export class PictureIssues implements IssueReporter {
  readonly #issues: IssueReporter;
  readonly #history: OutputHistory;
  readonly #isMuted: () => boolean;

  constructor(issues: IssueReporter, history = new OutputHistory(), isMuted = () => false) {
    this.#issues = issues;
    this.#history = history;
    this.#isMuted = isMuted;
  }

  /** Something happened to the stream. */
  report(code: IssueCode, detail: string): void {
    if (!this.#isMuted()) this.#issues.report(code, detail);
  }

  /** The picture of `unit` is not shown. `why` is undefined when it was reported elsewhere. */
  miss({ sequence, picture }: AccessUnit, why?: { readonly code: IssueCode; readonly detail: string }): void {
    if (this.#isMuted() || !this.#history.miss(picture.secondField ? sequence - 1 : sequence)) return;
    if (why) this.#issues.report(why.code, why.detail);
  }
}

/** Damage and oddities in a stream. They are counted and never thrown. */
export type IssueCode =
  /** Bytes before the first start code, dropped. */
  | "bytes-before-start-code"
  /** Bytes between NAL units that are no H.264, dropped. Reported once. */
  | "foreign-bytes"
  /** A NAL unit longer than the bound, dropped. */
  | "nal-unit-too-long"
  /** An access unit with more NAL units or bytes than the bound. The rest was dropped. */
  | "access-unit-too-large"
  /** forbidden_zero_bit was 1, or the NAL unit was empty. */
  | "malformed-nal-unit"
  | "malformed-parameter-set"
  | "malformed-slice-header"
  | "malformed-sei"
  /** A slice refers to a parameter set that has not come. */
  | "missing-parameter-set"
  /**
   * The SPS changed at a picture that is no IDR picture, so nothing after it can refer to what came
   * before.
   */
  | "changed-without-idr"
  /** A slice that came twice. The second was dropped. */
  | "repeated-slice"
  /** A slice before the first random access point. */
  | "before-random-access-point"
  /**
   * The group is too large to keep for viewers that join: they wait for the next random access
   * point.
   */
  | "group-not-kept"
  /** frame_num skipped a value although the SPS allows no gaps: a reference picture is lost. */
  | "frame-num-gap"
  /** The decoder reported errors or missing macroblocks, so the picture is not shown. */
  | "damaged-picture"
  /** Not shown because a picture that it may depend on was lost or damaged. */
  | "held-back"
  /**
   * Not shown because it precedes the random access point in output order and refers to pictures
   * that never came.
   */
  | "leading-picture"
  /** The decoded pictures would take more memory than the bound, so they are not decoded. */
  | "pictures-too-large"
  /** The decoder refused the access unit. */
  | "decode-error"
  /** A picture came when one that follows it was already output. `OutputOrder` learns from it. */
  | "late-picture"
  /** More of a picture came after its end was guessed. The picture is decoded again. */
  | "wrong-picture-end"
  /** Pictures no longer end with messages or datagrams. */
  | "framing-violated"
  /** Access units dropped because decoding fell behind. */
  | "dropped-late"
  /** The decoding process died or hung, and another one continues. */
  | "decoder-died"
  /** An access unit that killed two decoding processes, skipped. */
  | "deadly-access-unit"
  /** The thread that receives and decodes died, and another one continues. */
  | "engine-died";

/** How often one kind of issue occurred. */
export interface IssueCount {
  /** The kind of issue. `docs/errors.md` explains each. */
  readonly code: IssueCode;
  /** How often it occurred since the stream was opened. */
  readonly count: number;
  /** What came the last time, and what was expected: a clause for a person. */
  readonly detail: string;
}

/** Hears about issues as they are found. */
export interface IssueReporter {
  /** Notes one occurrence. `detail` says what came and what was expected: a clause for a person. */
  report(code: IssueCode, detail: string): void;
}

/** Counts issues by code, with one entry per code. */
export class IssueCounter implements IssueReporter {
  readonly #counts = new Map<IssueCode, { count: number; detail: string }>();
  readonly #listener: ((code: IssueCode, detail: string) => void) | undefined;

  /** @param listener called at each issue, for logs and events */
  constructor(listener?: (code: IssueCode, detail: string) => void) {
    this.#listener = listener;
  }

  report(code: IssueCode, detail: string): void {
    const entry = this.#counts.get(code);
    if (entry) {
      entry.count++;
      entry.detail = detail;
    } else {
      this.#counts.set(code, { count: 1, detail });
    }
    this.#listener?.(code, detail);
  }

  /** How often `code` occurred. */
  count(code: IssueCode): number {
    return this.#counts.get(code)?.count ?? 0;
  }

  /** All issues so far, in order of first occurrence. */
  list(): IssueCount[] {
    return [...this.#counts].map(([code, { count, detail }]) => ({ code, count, detail }));
  }
}

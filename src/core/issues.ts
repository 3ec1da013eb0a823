/** Damage and oddities in a stream. They are data, counted, never an exception from `push`. */
export type IssueCode =
  /** Bytes before the first start code, thrown away. */
  | "bytes-before-start-code"
  /** A NAL unit longer than the bound, thrown away. */
  | "nal-unit-too-long"
  /** An access unit with more NAL units or bytes than the bound; the rest was thrown away. */
  | "access-unit-too-large"
  /** forbidden_zero_bit was 1, or the NAL unit was empty. */
  | "malformed-nal-unit"
  | "malformed-parameter-set"
  | "malformed-slice-header"
  | "malformed-sei"
  /** A slice refers to a parameter set that has not come. */
  | "missing-parameter-set"
  /** A slice that came twice; the second is thrown away. */
  | "repeated-slice"
  /** A slice before the first random access point. */
  | "before-random-access-point"
  /**
   * More came since the last random access point than is kept for those who join: they wait for the
   * next one.
   */
  | "group-not-kept"
  /** frame_num skipped a value although gaps are not allowed: a reference picture is lost. */
  | "frame-num-gap"
  /** The decoder reported errors or missing macroblocks: the picture is not shown. */
  | "damaged-picture"
  /** Not shown because a picture that it may depend on was lost or damaged. */
  | "held-back"
  /**
   * Not shown because it comes before the random access point in output order, and refers to what
   * never came.
   */
  | "leading-picture"
  /** The stream's pictures would take more memory than the bound: they are not decoded. */
  | "pictures-too-large"
  /** The decoder refused the access unit. */
  | "decode-error"
  /**
   * A picture came below one already output: the order rule was wrong once; the step is learned.
   */
  | "late-picture"
  /** The end of a picture was guessed by silence, and more of it came. Healed. */
  | "wrong-picture-end"
  /** A framing that held for many pictures stopped holding. */
  | "framing-violated"
  /** Coded access units dropped because the decoder was too late. */
  | "dropped-late"
  /** The process that decodes died, or hung, and another took over. */
  | "decoder-died"
  /** An access unit on which two decoding processes died, left out. */
  | "deadly-access-unit"
  /** The thread that receives and decodes died, and another took over. */
  | "engine-died";

/** One kind of issue: how often it happened, and what was said the last time. */
export interface IssueCount {
  /** The kind; `docs/errors.md` has a heading for each. */
  readonly code: IssueCode;
  /** Occurrences since the stream was opened. */
  readonly count: number;
  /** A sentence for a person about the latest occurrence. */
  readonly detail: string;
}

/** Takes issues as they are found. */
export interface IssueReporter {
  /**
   * Takes note of one occurrence; `detail` is a sentence for a person: what came, and what was
   * expected.
   */
  report(code: IssueCode, detail: string): void;
}

/** Counts issues by code. Bounded: there is one entry per code. */
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

  /** How often `code` was reported. */
  count(code: IssueCode): number {
    return this.#counts.get(code)?.count ?? 0;
  }

  /** All issues so far, in order of first occurrence. */
  list(): IssueCount[] {
    return [...this.#counts].map(([code, { count, detail }]) => ({ code, count, detail }));
  }
}

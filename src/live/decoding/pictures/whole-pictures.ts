import type { IssueCode } from "../../../core/issues.js";
import { type AccessUnit, isBareIntra, isCleanStart } from "../../../h264/access-unit.js";
import type { PictureIssues } from "./picture-issues.js";

/**
 * What `WholePictures` says of an access unit.
 * - `whole`: its picture may be shown if it decodes without damage
 * - `recovering`: it is decoded and not shown: the recovery point is not reached
 * - `leading`: it comes before the random access point in output order, and may refer to what came
 *   before that
 * - `broken`: bytes are missing, and nothing refers to it
 * - `waiting`: neither it nor what refers to it can be shown before the next random access point
 */
export type Verdict = "whole" | "recovering" | "leading" | "broken" | "waiting";

type State =
  /**
   * Something that pictures refer to is missing. Nothing is shown until the next random access
   * point.
   */
  | { readonly kind: "waiting"; readonly code: IssueCode; readonly why: string }
  /** After a recovery point. Pictures are shown after `framesLeft` more reference frames. */
  | { readonly kind: "recovering"; framesLeft: number }
  /**
   * All are whole except those below `floor`, which precede the random access point in output
   * order.
   */
  | { readonly kind: "whole"; readonly floor: number };

const start: State = {
  kind: "waiting",
  code: "before-random-access-point",
  why: "no random access point has come yet",
};
const allWhole: State = { kind: "whole", floor: Number.NEGATIVE_INFINITY };

/**
 * After this many pictures without an IDR picture or recovery point, a bare I picture counts as a
 * start. It may be none: P pictures after it may refer to what came before it, and show torn.
 */
const picturesBeforeLastResort = 300;

/**
 * Says which pictures may be shown: only those for which everything they need was there.
 *
 * It looks at each access unit in decoding order, before it is decoded. A gap in frame_num where
 * the SPS allows none (7.4.3), a discontinuity or a damaged reference picture holds back what
 * follows until the next random access point.
 */
export class WholePictures {
  readonly #issues: PictureIssues;
  readonly #isJudged: (unit: AccessUnit) => boolean;
  #state: State = start;
  /** PrevRefFrameNum (7.4.3); undefined while it is unknown. */
  #previousReferenceFrameNum: number | undefined;
  /** Sequence number of the latest start. Damage before it no longer matters. */
  #startedAt = 0;
  /** Pictures since the last IDR picture or recovery point; infinite before the first one. */
  #sinceMarkedStart: number;
  #losses = 0;

  /**
   * @param isJudged true for a picture for which `judged` is called while nothing here says what
   *   can be shown
   * @param sinceMarkedStart pictures since the last IDR picture or recovery point, if something is
   *   known of the past
   */
  constructor(
    issues: PictureIssues,
    isJudged: (unit: AccessUnit) => boolean = () => false,
    sinceMarkedStart = Number.POSITIVE_INFINITY,
  ) {
    this.#issues = issues;
    this.#isJudged = isJudged;
    this.#sinceMarkedStart = sinceMarkedStart;
  }

  /** How often something was missing. */
  get losses(): number {
    return this.#losses;
  }

  /**
   * True while pictures before the next random access point cannot be shown, unless they are judged
   * to be whole.
   */
  get isWaiting(): boolean {
    return this.#state.kind === "waiting";
  }

  /** Looks at the next access unit in decoding order. */
  admit(unit: AccessUnit): Verdict {
    this.#checkContinuity(unit);
    this.#sinceMarkedStart = unit.randomAccess ? 0 : this.#sinceMarkedStart + 1;
    if (unit.picture.idr) {
      this.#state = allWhole;
      this.#startedAt = unit.sequence;
    } else if (this.#state.kind === "waiting") this.#tryStart(unit);
    // Picture order counts restart, and would fall below the floor.
    else if (this.#state.kind === "whole" && unit.picture.startsOrder) this.#state = allWhole;
    return unit.broken ? this.#refuse(unit) : this.#judgeSound(unit);
  }

  /**
   * The decoder found damage in the picture of `unit`, or could not decode it. Later pictures may
   * copy the damage.
   */
  damaged(unit: AccessUnit): void {
    if (unit.sequence < this.#startedAt) return;
    this.#hold(`picture ${unit.sequence} is damaged`);
  }

  /**
   * The verdict on the picture of `unit`, which came while nothing could be shown.
   * @param isOver true when everything that later pictures can refer to is whole too
   */
  judged(unit: AccessUnit, isWhole: boolean, isOver: boolean): void {
    if (this.#state.kind !== "waiting") return;
    if (!isWhole) this.#reportWaiting(unit, this.#state);
    if (isOver) this.#state = allWhole;
  }

  /** Forgets what came before. */
  reset(): void {
    this.#state = start;
    this.#previousReferenceFrameNum = undefined;
  }

  #checkContinuity(unit: AccessUnit): void {
    const { picture, format } = unit;
    const previous = this.#previousReferenceFrameNum;
    if (unit.discontinuity && !picture.idr) this.#hold("part of the stream before it was lost");
    if (
      previous !== undefined &&
      !picture.idr &&
      !format.gapsInFrameNumAllowed &&
      picture.frameNum !== previous &&
      picture.frameNum !== (previous + 1) % format.maxFrameNum
    ) {
      const detail = `frame_num went from ${previous} to ${picture.frameNum}`;
      if (this.#state.kind !== "waiting")
        this.#issues.report("frame-num-gap", `${detail}: a reference picture is lost`);
      this.#hold(detail);
    }
    if (picture.startsOrder) this.#previousReferenceFrameNum = 0;
    else if (picture.reference) this.#previousReferenceFrameNum = picture.frameNum;
    // A non-reference picture after a gap says what the frame_num of the reference before it was
    // (7.4.3).
    else if (picture.frameNum !== previous) {
      this.#previousReferenceFrameNum = (picture.frameNum + format.maxFrameNum - 1) % format.maxFrameNum;
    }
  }

  #tryStart(unit: AccessUnit): void {
    this.#startedAt = unit.sequence;
    if (unit.randomAccess === "recovery-point") {
      this.#state = { kind: "recovering", framesLeft: unit.recoveryFrameCount };
    } else if (isCleanStart(unit) || this.#isLastResort(unit)) {
      this.#state = { kind: "whole", floor: unit.picture.pictureOrderCount };
    }
  }

  #isLastResort(unit: AccessUnit): boolean {
    return isBareIntra(unit) && this.#sinceMarkedStart > picturesBeforeLastResort && !this.#isJudged(unit);
  }

  /** A broken frame that nothing refers to harms no other, as long as it is not decoded. */
  #refuse(unit: AccessUnit): Verdict {
    this.#miss(unit, "damaged-picture", "lacks some of its bytes, or has others");
    if (!isDispensable(unit)) this.#hold(`picture ${unit.sequence} is damaged`);
    return this.#state.kind === "waiting" ? "waiting" : "broken";
  }

  #judgeSound(unit: AccessUnit): Verdict {
    const { picture } = unit;
    const state = this.#state;
    if (state.kind === "waiting") {
      if (!this.#isJudged(unit)) this.#reportWaiting(unit, state);
      return "waiting";
    }
    if (state.kind === "recovering") {
      const isReferenceFrame = picture.reference && !picture.secondField;
      if (!isReferenceFrame || state.framesLeft > 0) {
        if (isReferenceFrame) state.framesLeft--;
        this.#miss(unit, "held-back", "is not shown: the recovery point is not reached");
        return "recovering";
      }
      this.#state = { kind: "whole", floor: picture.pictureOrderCount };
      return "whole";
    }
    if (picture.pictureOrderCount < state.floor) {
      this.#miss(unit, "leading-picture", "refers to pictures before the random access point");
      return "leading";
    }
    return "whole";
  }

  #reportWaiting(unit: AccessUnit, { code, why }: State & { readonly kind: "waiting" }): void {
    this.#miss(unit, code, `is not shown: ${why}`);
  }

  #miss(unit: AccessUnit, code: IssueCode, why: string): void {
    this.#issues.miss(unit, { code, detail: `picture ${unit.sequence} ${why}` });
  }

  #hold(why: string): void {
    this.#losses++;
    if (this.#state.kind !== "waiting") this.#state = { kind: "waiting", code: "held-back", why };
  }
}

/**
 * True for a frame that nothing refers to. A field is none: its frame would be shown without it.
 */
function isDispensable({ picture }: AccessUnit): boolean {
  return !picture.reference && picture.structure === "frame";
}

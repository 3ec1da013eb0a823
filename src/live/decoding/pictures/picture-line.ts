import type { IssueCode, IssueReporter } from "../../../core/issues.js";
import { type AccessUnit, isPossibleStart } from "../../../h264/access-unit.js";
import { OutputOrder } from "../../../h264/order/output-order.js";
import type { LineDecoder, WholenessJudge } from "./line-decoder.js";
import { OutputHistory } from "./output-history.js";
import { frameOf, type PendingPicture, PendingPictures } from "./pending-pictures.js";
import { PictureIssues } from "./picture-issues.js";
import type { DecodedPicture, PictureSink } from "./picture-sink.js";
import { type Verdict, WholePictures } from "./whole-pictures.js";

/** Options of a `PictureLine`. */
export interface PictureLineOptions<F> {
  /** Output damaged pictures too. Default false. */
  readonly showDamaged?: boolean;
  /** Do not send leading pictures (`Verdict`): the decoder fails at them. Default false. */
  readonly skipLeading?: boolean;
  /** The rule of `OutputOrder`. Default `prompt`. */
  readonly order?: "prompt" | "exact" | undefined;
  /** Shared by lines that replace each other. */
  readonly outputHistory?: OutputHistory | undefined;
  /**
   * Pictures since the last IDR picture or recovery point, as the line before this one knew.
   * Default: no such start is known.
   */
  readonly sinceMarkedStart?: number | undefined;
  /** Default: the bitstream alone says which pictures are whole. */
  readonly judge?: WholenessJudge<F> | undefined;
  /** Called for each access unit that is not decoded and each decoded picture that is not shown. */
  readonly onHeldBack?: (unit: AccessUnit) => void;
}

/** A picture that the decoder has not reported yet. */
export interface OwedPicture {
  readonly sequence: number;
  /** Sequence number of the possible start that it depends on. */
  readonly group: number | undefined;
}

/** After this many pairs, all fields are expected to come in pairs. */
const pairsForProof = 3;

/**
 * Decides which pictures are shown, and in which order, whatever decodes them.
 *
 * The line takes access units in decoding order and sends them to its decoder, which reports frames
 * to `decoded` in any order. It outputs pictures in output order (`OutputOrder`), each at most once
 * (`OutputHistory`), and only if everything they need was there (`WholePictures`). Two fields make
 * one picture. A damaged picture holds back what follows until the next random access point. A
 * picture whose end was a guess waits for `confirmEnd` or the next access unit.
 */
export class PictureLine<F extends object> {
  /** While true, the line outputs and reports nothing. */
  muted = false;
  readonly #sink: PictureSink<DecodedPicture<F>>;
  readonly #issues: PictureIssues;
  readonly #decoder: LineDecoder<F>;
  readonly #options: PictureLineOptions<F>;
  readonly #judge: WholenessJudge<F> | undefined;
  readonly #whole: WholePictures;
  /** Learns from one sender's pictures. */
  #order: OutputOrder;
  readonly #outputHistory: OutputHistory;
  readonly #pictures = new PendingPictures<F>();
  /** A first field that waits for its second. */
  #field: PendingPicture<F> | undefined;
  /** Pairs of fields from this sender. */
  #pairs = 0;
  /** The latest picture, while its end is a guess. */
  #inDoubt: PendingPicture<F> | undefined;
  #epoch: number | undefined;
  #group: number | undefined;
  /** Something was sent since the decoder was last renewed. */
  #isRunning = false;
  /** The decoder found damage since it was last renewed. */
  #isTainted = false;

  /** The line does not close `sink`. */
  constructor(
    decoder: LineDecoder<F>,
    sink: PictureSink<DecodedPicture<F>>,
    issues: IssueReporter,
    options: PictureLineOptions<F> = {},
  ) {
    this.#decoder = decoder;
    this.#sink = sink;
    this.#outputHistory = options.outputHistory ?? new OutputHistory();
    this.#issues = new PictureIssues(issues, this.#outputHistory, () => this.muted);
    this.#options = options;
    this.#judge = options.judge;
    this.#order = new OutputOrder(options.order);
    this.#whole = new WholePictures(
      this.#issues,
      (unit) => this.#judge?.canJudge(unit) === true,
      options.sinceMarkedStart,
    );
  }

  /** Pictures that the decoder has, or that wait for their turn. */
  get length(): number {
    return this.#pictures.length;
  }

  /** Pictures that the decoder has not reported yet. */
  get owed(): number {
    return this.#pictures.owed;
  }

  /** The first of them in decoding order. */
  get firstOwed(): OwedPicture | undefined {
    const picture = this.#pictures.firstOwed;
    return picture && { sequence: picture.unit.sequence, group: picture.group };
  }

  /**
   * True while the decoder has not reported the picture whose first access unit has this number.
   */
  owes(sequence: number): boolean {
    return this.#pictures.get(sequence)?.frame === "awaited";
  }

  /** Takes the next access unit in decoding order. */
  push(unit: AccessUnit): void {
    if (unit.epoch !== this.#epoch) this.#takeUp(unit.epoch);
    this.#endDoubt();
    if (unit.leaveOut === "picture") {
      this.#passOver(unit);
      return;
    }
    // Notices half a frame before it admits the next picture, which may refer to it.
    if (!unit.picture.secondField) this.#endField();
    const wasWaiting = this.#whole.isWaiting;
    const verdict = this.#whole.admit(unit);
    const isWaiting = verdict === "waiting";
    const isJudged = isWaiting && !unit.broken && this.#judge?.canJudge(unit) === true;
    const isSkipped = !isJudged && this.#isSkipped(verdict);
    if (isSkipped) this.#holdBack(unit);
    const isStart = unit.picture.idr || (wasWaiting && !isWaiting);
    const needsRenewal = isStart && (this.#isTainted || this.#judge?.isJudging === true);
    if (needsRenewal || (isSkipped && isWaiting)) this.#renew();
    if (isSkipped) return;
    if (isJudged) this.#judge?.prepare(unit, this.#whole.losses, () => this.#endRun());
    this.#decode(unit, verdict === "whole" || this.#options.showDamaged === true);
  }

  /**
   * The decoder reports a frame. The line owns it until it calls `LineDecoder.release`.
   * @param sequence number of the picture's access unit; of a pair of fields, either
   * @param isDamaged the decoder found errors. A decoder that does so reports the frame before
   *   `LineDecoder.ask` returns
   * @returns false when nobody waited for the frame
   */
  decoded(sequence: number, frame: F, isDamaged: boolean): boolean {
    const picture = this.#pictures.find(sequence);
    if (!picture || typeof picture.frame === "object") {
      this.#decoder.release(frame, false);
      return false;
    }
    picture.frame = frame;
    picture.isDamaged = isDamaged;
    this.#pictures.giveUpBefore(picture);
    this.#outputReady();
    return true;
  }

  /**
   * No more of the latest access unit came while it was decoded, so its end stands even if it was a
   * guess. A damaged picture stays held, because the rest of it may still come.
   */
  confirmEnd(): void {
    if (!this.#inDoubt?.isDamaged) this.#endDoubt();
  }

  /** Forgets all references and waiting pictures, but not what was output. */
  reset(): void {
    this.#judge?.stop();
    this.#field = undefined;
    this.#inDoubt = undefined;
    for (const { frame, prepared } of this.#pictures.clear()) {
      prepared?.discard();
      if (typeof frame === "object") this.#decoder.release(frame, false);
    }
    this.#order.restart();
    this.#whole.reset();
    this.#renewDecoder();
  }

  /**
   * Outputs all pictures, in output order; those that the decoder has not reported yet, as soon as
   * it does. The next access unit begins another stream.
   */
  flush(): void {
    this.#renew();
    this.#whole.reset();
  }

  /** The next access unit came, and no correction: the latest picture is final. */
  #endDoubt(): void {
    const picture = this.#inDoubt;
    this.#inDoubt = undefined;
    if (picture) this.#orderPicture(picture);
  }

  /** True when an access unit of this verdict is not decoded. */
  #isSkipped(verdict: Verdict): boolean {
    if (verdict === "leading") return this.#options.skipLeading === true;
    return (verdict === "waiting" || verdict === "broken") && !this.#options.showDamaged;
  }

  #takeUp(epoch: number): void {
    if (this.#epoch !== undefined) this.flush();
    this.#epoch = epoch;
    this.#pairs = 0;
    this.#order = new OutputOrder(this.#options.order);
  }

  /**
   * The picture of `unit` is left out, and nothing refers to it. Later pictures in output order do
   * not wait for it.
   */
  #passOver(unit: AccessUnit): void {
    this.#options.onHeldBack?.(unit);
    if (unit.picture.secondField) return;
    this.#endField();
    if (!this.#isRunning) return;
    this.#pictures.takeTurns(this.#order.push(unit));
    this.#outputReady();
  }

  #decode(unit: AccessUnit, mayShow: boolean): void {
    const isSecondField = unit.picture.secondField && this.#field !== undefined;
    if (isPossibleStart(unit) && !isSecondField) this.#group = unit.sequence;
    const result = this.#decoder.send(unit);
    if (result === "declined") {
      this.#holdBack(unit);
      return;
    }
    this.#isRunning = true;
    const picture = this.#join(unit, mayShow) ?? this.#expect(unit, mayShow);
    if (result === "refused") {
      this.#issues.miss(unit);
      this.#isTainted = true;
      this.#noteDamage(picture, unit);
    }
    if (unit.picture.structure === "frame" || picture.lastUnit !== picture.unit) this.#finish(picture);
    else this.#field = picture;
  }

  /** `unit` is not decoded. If it is a second field, its first field is half a frame. */
  #holdBack(unit: AccessUnit): void {
    if (unit.picture.secondField && this.#field) this.#doNotShow(this.#field);
    this.#options.onHeldBack?.(unit);
  }

  #expect(unit: AccessUnit, mayShow: boolean): PendingPicture<F> {
    const picture: PendingPicture<F> = {
      unit,
      lastUnit: unit,
      group: this.#group,
      mayShow,
      frame: "awaited",
      isDamaged: false,
      prepared: undefined,
    };
    this.#pictures.add(picture);
    return picture;
  }

  /** @returns the picture whose second field `unit` is */
  #join(unit: AccessUnit, mayShow: boolean): PendingPicture<F> | undefined {
    const picture = this.#field;
    if (!picture || !unit.picture.secondField) return undefined;
    this.#field = undefined;
    this.#pairs++;
    picture.lastUnit = unit;
    picture.mayShow &&= mayShow;
    return picture;
  }

  /**
   * A field may be a picture by itself (3.30). Where all others came in pairs, its partner was
   * lost.
   */
  #endField(): void {
    const picture = this.#field;
    if (!picture) return;
    this.#field = undefined;
    const { unit } = picture;
    if (this.#pairs >= pairsForProof) {
      this.#miss(unit, "damaged-picture", "is half a frame: its other field is lost");
      this.#noteDamage(picture, unit);
    }
    this.#finish(picture);
    this.#endDoubt();
  }

  /** The whole picture was sent. */
  #finish(picture: PendingPicture<F>): void {
    if (this.#decoder.ask(picture.unit) && picture.frame === "awaited") picture.frame = "none";
    if (this.#judge?.isJudging) picture.mayShow = this.#isJudgedWhole(picture, this.#judge);
    this.#isTainted ||= picture.isDamaged;
    const { endedBy } = picture.lastUnit;
    if (endedBy === "silence" || endedBy === "transport") this.#inDoubt = picture;
    else this.#orderPicture(picture);
  }

  #isJudgedWhole({ unit, frame, isDamaged }: PendingPicture<F>, judge: WholenessJudge<F>): boolean {
    const { isWhole, isOver } = judge.judge(
      unit,
      typeof frame === "object" && !isDamaged ? frame : undefined,
    );
    this.#whole.judged(unit, isWhole, isOver);
    return isWhole;
  }

  /** Later pictures may copy the damage. */
  #noteDamage(picture: PendingPicture<F>, unit: AccessUnit): void {
    this.#whole.damaged(unit);
    this.#doNotShow(picture);
  }

  /** Part of `picture` is missing: nobody waits for its frame any more. */
  #doNotShow(picture: PendingPicture<F>): void {
    if (this.#options.showDamaged) return;
    picture.mayShow = false;
    if (picture.frame === "awaited") picture.frame = "none";
  }

  /** The picture is final and takes its place in output order. */
  #orderPicture(picture: PendingPicture<F>): void {
    const { unit } = picture;
    if (picture.isDamaged) {
      this.#miss(unit, "damaged-picture", "has errors or missing macroblocks");
      this.#noteDamage(picture, unit);
    }
    const frame = frameOf(picture);
    if (picture.mayShow && this.#order.isLate(frame)) {
      picture.mayShow = false;
      this.#order.learnFrom(frame);
      this.#miss(unit, "late-picture", "comes before one that was already output");
      // Decoded again, it might be in time for an order that has learned.
      if (!this.muted) this.#outputHistory.add(unit.sequence);
    }
    this.#pictures.takeTurns(this.#order.push(frame));
    this.#outputReady();
    this.#prepare(picture);
  }

  /** If the picture must wait for its turn, the sink can do now what would delay it then. */
  #prepare(picture: PendingPicture<F>): void {
    const { unit, lastUnit, frame, mayShow } = picture;
    if (!this.#sink.prepare || !this.#pictures.get(unit.sequence)) return;
    if (typeof frame === "object" && mayShow && !this.muted)
      picture.prepared = this.#sink.prepare({ frame, unit, lastUnit });
  }

  /** Outputs the pictures whose turn has come, up to the first that the decoder still has. */
  #outputReady(): void {
    for (let picture = this.#pictures.shift(); picture; picture = this.#pictures.shift())
      this.#outputOne(picture);
  }

  #outputOne({ frame, unit, lastUnit, mayShow, prepared }: PendingPicture<F>): void {
    const isShown = typeof frame === "object" && mayShow;
    const isOutput = isShown && !this.muted && this.#outputHistory.add(unit.sequence);
    if (!isOutput) prepared?.discard();
    else if (!prepared?.output()) this.#sink.push({ frame, unit, lastUnit });
    if (typeof frame === "object") this.#decoder.release(frame, isOutput);
    if (isShown) return;
    if (mayShow) this.#miss(unit, "decode-error", "is not shown: the decoder output nothing for it");
    else this.#miss(unit, "held-back", "is not shown: nothing proves what it refers to");
    this.#options.onHeldBack?.(unit);
  }

  /** Counts once per picture: another reason that was reported before stands. */
  #miss(unit: AccessUnit, code: IssueCode, why: string): void {
    this.#issues.miss(unit, { code, detail: `picture ${unit.sequence} ${why}` });
  }

  /** What follows refers to nothing that was decoded so far. */
  #renew(): void {
    this.#judge?.stop();
    this.#endRun();
  }

  /** Outputs what was decoded so far, and renews the decoder. */
  #endRun(): void {
    if (!this.#isRunning) return;
    this.#endDoubt();
    this.#endField();
    this.#pictures.takeTurns(this.#order.flush());
    this.#outputReady();
    this.#renewDecoder();
  }

  #renewDecoder(): void {
    this.#decoder.renew();
    this.#isRunning = false;
    this.#isTainted = false;
  }
}

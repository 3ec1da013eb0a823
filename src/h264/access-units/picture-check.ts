import type { IssueReporter } from "../../core/issues.js";
import { type Clock, fromMilliseconds } from "../../core/time.js";
import { describeTail } from "../packets/foreign-bytes.js";
import { SliceDataCheck } from "../slice-data/slice-data-check.js";
import { type NalUnit, NalUnitType } from "../syntax/nal-unit.js";
import { mayEndAsNalUnit } from "../syntax/nal-unit-tail.js";
import type { ParameterSets } from "../syntax/parameter-sets.js";
import type { AccessUnitBuilder } from "./access-unit-builder.js";
import type { CodedSlices } from "./coded-slices.js";

/**
 * Which slices are read to their ends, to notice missing and damaged bytes.
 * - `auto`: where bytes may go missing, and where it takes less than a millisecond
 * - `all`: all, at a price: for senders whose bytes are damaged before they reach the network
 * - `none`
 */
export type SliceChecking = "auto" | "all" | "none";

/** Which pictures a `PictureCheck` reads. */
export interface PictureCheckOptions {
  /** Default `auto`. */
  readonly checkSlices?: SliceChecking;
  /** False while there is no time to read pictures. Default: always true. */
  readonly mayCheck?: () => boolean;
  /**
   * True to read CAVLC slices, too, because the decoder does not report macroblocks that no slice
   * holds. Browsers' decoders do not: a lost slice tore 104 pictures in 12 fault runs without this
   * and none with it, at 0.03 µs per byte. Default false: FFmpeg reports them.
   */
  readonly readsCavlc?: boolean;
  /**
   * False while nobody has seen the picture given out last. If its end was guessed wrong, that is
   * no reason to check others more closely. Default: always true.
   */
  readonly wasSeen?: () => boolean;
}

/**
 * Pictures that are read for missing bytes.
 * - `all`: where bytes go missing, as on UDP
 * - `small`: those that take less than a millisecond
 * - `none`
 */
export type CheckedPictures = "all" | "small" | "none";

/** Longer pictures are never read: it would take more than 25 ms. */
const maxCheckedBytes = 128 * 1024;
/** Where bytes are rarely missing, longer pictures are not read: it would take more than 1 ms. */
const maxSmallBytes = { cabac: 4096, cavlc: 16 * 1024 };
/**
 * After this long a silence the picture is read again in any case: the sender may have finished.
 */
const pause = fromMilliseconds(90);
/** After a wrong guess that somebody saw, this many pictures are all read. */
const carefulPictures = 300;
/**
 * The first pictures of a connection show whether bytes that are no H.264 follow its slices. Where
 * somebody waits for them, they are read for that only if the connection began oddly.
 */
const firstPictures = 2;
const nothing = new Uint8Array(0);

/** After as many pictures without such bytes, nobody looks for them until one is damaged. */
const tailPatience = 60;

/** Whether bytes that are no H.264 follow the pictures of a stream. */
type Tails =
  /** The first pictures show it: `left` more are read. */
  | { readonly kind: "learning"; readonly left: number }
  | { readonly kind: "none" }
  /** The latest is that of `without` pictures ago. */
  | { readonly kind: "present"; readonly latest: Uint8Array; readonly without: number };

/**
 * Finds out whether slices of the picture in hand lack bytes (`SliceDataCheck`), where it is worth
 * the time, and cuts the bytes that a sender puts after its pictures.
 */
export class PictureCheck {
  readonly #clock: Clock;
  readonly #sets: ParameterSets;
  readonly #issues: IssueReporter;
  readonly #checking: SliceChecking;
  readonly #slices: SliceDataCheck;
  readonly #mayCheck: () => boolean;
  readonly #wasSeen: () => boolean;
  /** The number of pictures to come that are all read. */
  #careful = 0;
  /** A guess that the picture in hand is complete was refused, or a slice that may be its own. */
  #isSuspect = false;
  /** Bytes read for such guesses, in all. */
  #lookedAt = 0;
  /** Which pictures are read while no wrong guess is recent. */
  pictures: CheckedPictures = "small";
  /** The connection began as a byte stream does. */
  beganWithStartCode = true;

  #tails: Tails = { kind: "learning", left: firstPictures };
  /** What followed the last slice of the picture in hand, as far as it was read. */
  #tail: Uint8Array = nothing;
  #hasReportedTails = false;

  /** @param sets the parameter sets that the slices refer to */
  constructor(clock: Clock, sets: ParameterSets, issues: IssueReporter, options: PictureCheckOptions) {
    this.#clock = clock;
    this.#sets = sets;
    this.#issues = issues;
    this.#checking = options.checkSlices ?? "auto";
    this.#slices = new SliceDataCheck(options.readsCavlc ?? false);
    this.#mayCheck = options.mayCheck ?? (() => true);
    this.#wasSeen = options.wasSeen ?? (() => true);
  }

  /** The connection has ended. */
  endOfInput(): void {
    this.#tails = { kind: "learning", left: firstPictures };
    this.#hasReportedTails = false;
  }

  /** The next picture is in hand from now on. */
  next(): void {
    this.#isSuspect = false;
    this.#lookedAt = 0;
    if (this.#tails.kind === "none" && this.#tail.length === 0) return;
    this.#tails = this.#afterPicture(this.#tails, this.#tail);
    this.#tail = nothing;
  }

  /** A slice was refused that may be of the picture in hand: it is read. */
  suspect(): void {
    this.#isSuspect = true;
  }

  /** The picture in hand is given out for the first time. */
  noteGivenOut(): void {
    if (this.#careful > 0) this.#careful--;
  }

  /** The picture given out last was not complete. */
  noteWrongEnd(): void {
    if (this.#wasSeen()) this.#careful = carefulPictures;
  }

  /**
   * False if the guess that the picture in hand is complete is wrong. Also false, unread, at some
   * pieces of a picture that comes in many.
   */
  mayEnd(unit: AccessUnitBuilder, slices: CodedSlices, by: "transport" | "silence"): boolean {
    // Messages of a reliable transport lose nothing, and these have proved to end pictures.
    const isRead = this.#pictures !== "small" || this.#readsForTails || this.#checking === "all";
    if (by === "transport" && !isRead) return true;
    const { byteLength } = unit;
    const isPause = this.#clock.now() - unit.lastByteAt >= pause;
    if (!isPause && this.#lookedAt > byteLength * 2) return false;
    this.#lookedAt += byteLength;
    // Only what ends a picture for sure shows that a stream that had no such bytes has them now.
    const isBroken = this.#findsDamage(unit, slices, this.#pictures, this.#tails.kind !== "none");
    this.#isSuspect ||= isBroken;
    return !isBroken;
  }

  /**
   * True if the picture lacks bytes of its slices, or holds others.
   * @param pictures which pictures are read this time
   */
  findsDamage(unit: AccessUnitBuilder, slices: CodedSlices, pictures = this.#pictures): boolean {
    return this.#findsDamage(unit, slices, pictures, true);
  }

  /** @param mayCut true to look whether bytes after its slices are all that is wrong */
  #findsDamage(
    unit: AccessUnitBuilder,
    slices: CodedSlices,
    pictures: CheckedPictures,
    mayCut: boolean,
  ): boolean {
    if (slices.unsupported !== undefined) return false;
    const coding = slices.first.pps.entropyCodingModeFlag ? "cabac" : "cavlc";
    const mustBeCut = coding === "cavlc" || unit.byteLength <= maxCheckedBytes;
    if (this.#readsForTails && mustBeCut && this.#cutTails(unit)) return false;
    if (this.#checking !== "all") {
      if (pictures === "none" || this.#checking === "none" || !this.#mayCheck()) return false;
      if (unit.byteLength > (pictures === "all" ? maxCheckedBytes : maxSmallBytes[coding])) return false;
    }
    if (!unit.isBroken(this.#slices, this.#sets)) return false;
    return !mayCut || !this.#mayHaveTails || !this.#cutTails(unit);
  }

  /** True for an SPS, and for a slice that is a picture, up to the last bit. */
  isWhole({ type, refIdc, data }: NalUnit): boolean {
    if (type === NalUnitType.sequenceParameterSet) return mayEndAsNalUnit(data);
    const range = { type, refIdc, offset: 0, length: data.length };
    return this.#slices.lengthsWithoutTails(data, [range], this.#sets) !== undefined;
  }

  /**
   * Cuts what follows the slices of the picture given out last, of which more came.
   * @returns true if something was cut
   */
  cutGrownTail(unit: AccessUnitBuilder): boolean {
    return this.#readsForTails && this.#cutsSomething(unit);
  }

  /**
   * The same for a picture that was just given out unread, because somebody waited for it. Only for
   * CAVLC: FFmpeg refuses its slices with tails, and decodes those of CABAC.
   * @returns true if something was cut
   */
  cutAfterwards(unit: AccessUnitBuilder, slices: CodedSlices): boolean {
    const isLearning = this.#tails.kind === "learning" && this.#mayHaveTails && this.#mayCheck();
    if (!isLearning || this.#readsForTails || slices.first.pps.entropyCodingModeFlag) return false;
    return this.#cutsSomething(unit);
  }

  #cutsSomething(unit: AccessUnitBuilder): boolean {
    const { byteLength } = unit;
    this.#cutTails(unit);
    return unit.byteLength < byteLength;
  }

  /** Datagrams get lost, and what seems to follow a slice may be the rest of it. */
  get #mayHaveTails(): boolean {
    return this.pictures !== "all" && this.#checking !== "none";
  }

  /** True where pictures are read to find such bytes, and for no other reason. */
  get #readsForTails(): boolean {
    const { kind } = this.#tails;
    if (kind === "none" || !this.#mayHaveTails) return false;
    return kind === "present" || this.pictures === "none" || !this.beganWithStartCode;
  }

  /** @returns true if all slices are whole */
  #cutTails(unit: AccessUnitBuilder): boolean {
    const tail = unit.cutTails(this.#slices, this.#sets);
    if (tail === "damaged") return false;
    if (tail.length > 0) this.#tail = tail;
    return true;
  }

  #afterPicture(tails: Tails, latest: Uint8Array): Tails {
    if (latest.length > 0) {
      if (tails.kind === "present" && !this.#hasReportedTails) {
        this.#hasReportedTails = true;
        const isAlways = latest.length === tails.latest.length;
        this.#issues.report("foreign-bytes", describeTail(latest, isAlways));
      }
      return { kind: "present", latest, without: 0 };
    }
    if (tails.kind === "learning")
      return tails.left > 1 ? { kind: "learning", left: tails.left - 1 } : { kind: "none" };
    if (tails.kind === "present" && tails.without < tailPatience)
      return { ...tails, without: tails.without + 1 };
    return { kind: "none" };
  }

  get #pictures(): CheckedPictures {
    return this.#isSuspect || this.#careful > 0 ? "all" : this.pictures;
  }
}

import { type Clock, fromMilliseconds } from "../../core/time.js";
import { SliceDataCheck } from "../slice-data/slice-data-check.js";
import type { ParameterSets } from "../syntax/parameter-sets.js";
import type { AccessUnitBuilder } from "./access-unit-builder.js";
import type { CodedSlices } from "./coded-slices.js";

/** Which pictures a `PictureCheck` reads, and what it knows of who gets them. */
export interface PictureCheckOptions {
  /** False while there is no time to read pictures for missing bytes. Default: always true. */
  readonly mayCheck?: () => boolean;
  /**
   * CAVLC slices, too, are read for missing bytes: for decoders that do not tell of macroblocks that no slice has, as those of
   * browsers. Default false: FFmpeg tells.
   */
  readonly readsCavlc?: boolean;
  /**
   * False while the access unit given out last can still be undone unseen. A wrong guess found before it was seen is no reason
   * to look at others more closely. Default: always true.
   */
  readonly wasSeen?: () => boolean;
}

/**
 * Pictures that are read for missing bytes.
 * - `all`: where bytes go missing, as on UDP
 * - `small`: those that are read in less than a millisecond
 * - `none`
 */
export type CheckedPictures = "all" | "small" | "none";

/** Longer pictures are not looked at for missing bytes: reading them would take more than 25 ms. */
const maxCheckedBytes = 128 * 1024;
/** Where bytes are hardly ever missing only what is read in less than a millisecond is looked at. */
const maxSmallBytes = { cabac: 4096, cavlc: 16 * 1024 };
/** A silence as long, µs, is worth a look in any case: the sender may be done. */
const pause = fromMilliseconds(90);
/** Pictures after a wrong guess that was seen in which guesses are looked at more closely. */
const carefulPictures = 300;

/** Says of the picture in hand whether its slices lack bytes (`SliceDataCheck`), where that is worth its time. */
export class PictureCheck {
  readonly #clock: Clock;
  readonly #sets: ParameterSets;
  readonly #slices: SliceDataCheck;
  readonly #mayCheck: () => boolean;
  readonly #wasSeen: () => boolean;
  /** Pictures to come that are all looked at. */
  #careful = 0;
  /** The end of the picture in hand was guessed and not believed. */
  #isSuspect = false;
  /** Bytes of it read for that, in all. */
  #lookedAt = 0;
  /** Which pictures are read while there is no reason to be more careful. */
  pictures: CheckedPictures = "small";

  /** @param sets those that the slices refer to */
  constructor(clock: Clock, sets: ParameterSets, options: PictureCheckOptions) {
    this.#clock = clock;
    this.#sets = sets;
    this.#slices = new SliceDataCheck(options.readsCavlc ?? false);
    this.#mayCheck = options.mayCheck ?? (() => true);
    this.#wasSeen = options.wasSeen ?? (() => true);
  }

  /** Another picture is in hand from now on. */
  next(): void {
    this.#isSuspect = false;
    this.#lookedAt = 0;
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
   * Looks whether the guess that the picture in hand is complete can be right. In one that comes in many pieces not at each of
   * them: then the answer is no.
   */
  mayEnd(unit: AccessUnitBuilder, slices: CodedSlices, by: "transport" | "silence"): boolean {
    // Whole messages of a reliable transport have proved themselves.
    if (by === "transport" && this.#pictures === "small") return true;
    const { byteLength } = unit;
    const isPause = this.#clock.now() - unit.lastByteAt >= pause;
    if (!isPause && this.#lookedAt > byteLength * 2) return false;
    this.#lookedAt += byteLength;
    const isBroken = this.findsDamage(unit, slices);
    this.#isSuspect ||= isBroken;
    return !isBroken;
  }

  /** True when the picture lacks bytes of its slices. @param pictures which are read this time */
  findsDamage(unit: AccessUnitBuilder, slices: CodedSlices, pictures = this.#pictures): boolean {
    if (pictures === "none" || !this.#mayCheck() || slices.unsupported !== undefined) return false;
    const coding = slices.first.pps.entropyCodingModeFlag ? "cabac" : "cavlc";
    const maxBytes = pictures === "all" ? maxCheckedBytes : maxSmallBytes[coding];
    return unit.byteLength <= maxBytes && unit.isBroken(this.#slices, this.#sets);
  }

  get #pictures(): CheckedPictures {
    return this.#isSuspect || this.#careful > 0 ? "all" : this.pictures;
  }
}

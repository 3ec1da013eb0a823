import { BitstreamError } from "../../../core/errors.js";
import { type AccessUnit, isBareIntra, type SequenceFormat } from "../../../h264/access-unit.js";
import { canMakeUpPast, type MadeUpPast, madeUpPast } from "../../../h264/access-units/made-up-past.js";
import { splitAnnexB } from "../../../h264/annex-b.js";
import { hasSliceHeader, NalUnitType } from "../../../h264/syntax/nal-unit.js";
import { ParameterSets } from "../../../h264/syntax/parameter-sets.js";
import { parseSliceHeader, type SliceHeader } from "../../../h264/syntax/slice-header.js";

/**
 * Samples of the made-up past of the decoder whose pictures are shown, and of the others: far
 * apart, to stay apart.
 */
const ownShade = 128;
const otherShades = [64, 192] as const;

/**
 * After this many rounds in a row without a result, the next one waits, for this many pictures at
 * most.
 */
const mostInterrupted = 4;
const longestRest = 256;

/** The slices of an access unit and the SPS that they refer to. */
interface Coded {
  readonly slices: readonly SliceHeader[];
  readonly rawSps: Uint8Array;
}

/** What to do before a picture is decoded. */
export type Preparation =
  /** All decoders start again, each with its past. */
  | { readonly start: "all"; readonly own: MadeUpPast; readonly others: readonly MadeUpPast[] }
  /** The decoder whose pictures are shown continues; the others start again. */
  | { readonly start: "others"; readonly others: readonly MadeUpPast[] }
  | { readonly start: "none" };

interface Round {
  /**
   * True for the second round: the past of the decoder whose pictures are shown is the result of
   * the first.
   */
  readonly isSecond: boolean;
  /** max_num_ref_frames. */
  readonly depth: number;
  /** Reference pictures since the round began. */
  references: number;
  /** How many of the latest ones in a row were alike. */
  alike: number;
  /** A reference picture with the loop filter on was not alike: see `GradualRefresh`. */
  mayHide: boolean;
}

/**
 * Finds out which pictures are whole in a stream without random access points. Either its
 * macroblocks are intra coded in turn (gradual refresh without SEI), or its I pictures do not say
 * what later pictures refer to.
 *
 * The stream's past is unknown, so each of several decoders gets a made-up past that differs in
 * every sample. What all of them decode alike depends on no past. Once as many reference pictures
 * in a row are alike as the decoded picture buffer holds, no later picture can depend on the past,
 * and the round is over.
 *
 * Only the loop filter can hide a difference, because it smooths small steps only. Where a right
 * macroblock meets a wrong one, all made-up pasts may leave the edge as it is, when the true past
 * would not. If that may have happened, there is a second round. The decoder of the first round,
 * now almost right, continues beside others with new pasts, one of which filters as it should.
 *
 * The caller owns the decoders and their pictures. Not for fields, formats other than 8-bit 4:2:0,
 * B pictures that others refer to, and streams that mark their reference pictures themselves
 * (8.2.5.4), whose references are unknown.
 */
export class GradualRefresh {
  /** The format of a stream that cannot be followed. */
  #refused: SequenceFormat | undefined;
  #last: { readonly unit: AccessUnit; readonly coded: Coded | undefined } | undefined;
  #round: Round | undefined;
  /** Rounds without a result since the last one that had one. */
  #interrupted = 0;
  /** Sequence number before which no round starts. */
  #restsUntil = 0;

  /**
   * True when the picture can be decoded after made-up pasts. False for the rest of the stream once
   * something in it cannot be followed, and for a while after rounds without a result, because each
   * costs several decoders.
   */
  canFollow(unit: AccessUnit): boolean {
    if (this.#refused === unit.format || unit.sequence < this.#restsUntil) return false;
    if (this.#last?.unit !== unit) this.#last = { unit, coded: readCoded(unit) };
    if (this.#last.coded) return true;
    this.#refused = unit.format;
    return false;
  }

  /**
   * To be called before each picture.
   * @param unit an access unit for which `canFollow` is true
   */
  prepare(unit: AccessUnit): Preparation {
    if (!this.canFollow(unit)) throw new RangeError("the access unit cannot be followed");
    const { slices, rawSps } = this.#last!.coded!;
    const [slice] = slices as [SliceHeader];
    const past = (shade: number) => madeUpPast(slice, rawSps, shade);
    const start = this.#nextStart(unit);
    if (start === "none") return { start };
    this.#round = {
      isSecond: start === "others",
      depth: Math.max(1, slice.sps.maxNumRefFrames),
      references: 0,
      alike: 0,
      mayHide: false,
    };
    const others = otherShades.map(past);
    return start === "all" ? { start, own: past(ownShade), others } : { start, others };
  }

  /**
   * Takes the result of the latest prepared picture.
   * @param alike all decoders decoded it without damage and to the same samples
   * @returns true when the picture is whole
   */
  judge(unit: AccessUnit, alike: boolean): boolean {
    const round = this.#round;
    if (!round || !this.canFollow(unit)) return false;
    const { slices } = this.#last!.coded!;
    // Reference lists of B pictures go by picture order count (8.2.4.2.3), which made-up pictures
    // do not fit.
    const isAlike = alike && (unit.picture.type !== "B" || round.references >= round.depth);
    if (unit.picture.reference) {
      round.references++;
      round.alike = isAlike ? round.alike + 1 : 0;
      round.mayHide ||= !isAlike && slices.some(hasLoopFilter);
    }
    return isAlike && (round.isSecond || !round.mayHide);
  }

  /** True when no later picture can depend on the past. */
  get isOver(): boolean {
    const round = this.#round;
    return round !== undefined && round.alike >= round.depth && (round.isSecond || !round.mayHide);
  }

  #nextStart(unit: AccessUnit): Preparation["start"] {
    const round = this.#round;
    if (!round) return "all";
    if (round.alike === round.references && !round.mayHide) return "none";
    // An I picture with all that follows it is often alike from the start.
    if (isBareIntra(unit)) return "all";
    return round.alike >= round.depth ? "others" : "none";
  }

  /** Ends the round: something was lost, a random access point came, or the round is over. */
  stop(): void {
    if (!this.#round) return;
    this.#interrupted = this.isOver ? 0 : this.#interrupted + 1;
    this.#round = undefined;
    const rest = Math.min(2 ** (this.#interrupted - mostInterrupted), longestRest);
    if (rest > 1) this.#restsUntil = this.#last!.unit.sequence + rest;
  }
}

function readCoded(unit: AccessUnit): Coded | undefined {
  if (unit.picture.structure !== "frame" || unit.picture.unsupported !== undefined) return undefined;
  if (unit.picture.type === "B" && unit.picture.reference) return undefined;
  const sets = new ParameterSets();
  const slices: SliceHeader[] = [];
  try {
    for (const data of splitAnnexB(unit.parameterSets)) sets.put({ type: data[0]! & 31, refIdc: 3, data });
    for (const { type, refIdc, offset, length } of unit.nalUnits) {
      const nal = { type, refIdc, data: unit.data.subarray(offset, offset + length) };
      if (type === NalUnitType.sequenceParameterSet || type === NalUnitType.pictureParameterSet)
        sets.put(nal);
      else if (hasSliceHeader(type)) slices.push(parseSliceHeader(nal, sets));
    }
  } catch (error) {
    if (error instanceof BitstreamError) return undefined;
    throw error;
  }
  const [first] = slices;
  const raw = first && sets.rawFor(first.picParameterSetId);
  if (!raw || !canMakeUpPast(first.sps) || !slices.every(leavesReferencesAlone)) return undefined;
  if ((first.sps.frameCrop?.leftOffset ?? 0) + (first.sps.frameCrop?.topOffset ?? 0) > 0) return undefined;
  return { slices, rawSps: raw.sps };
}

/** True with sliding window marking only (8.2.5.3), and no long-term reference picture. */
function leavesReferencesAlone(slice: SliceHeader): boolean {
  const { decRefPicMarking, refPicListModificationL0, refPicListModificationL1 } = slice;
  if (decRefPicMarking?.longTermReferenceFlag || decRefPicMarking?.operations.length) return false;
  const modifications = [...(refPicListModificationL0 ?? []), ...(refPicListModificationL1 ?? [])];
  return modifications.every(({ modificationOfPicNumsIdc }) => modificationOfPicNumsIdc < 2);
}

function hasLoopFilter({ disableDeblockingFilterIdc }: SliceHeader): boolean {
  return disableDeblockingFilterIdc !== 1;
}

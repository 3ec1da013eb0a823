import { BitstreamError } from "../../../core/errors.js";
import { type AccessUnit, isBareIntra, type SequenceFormat } from "../../../h264/access-unit.js";
import { canMakeUpPast, type MadeUpPast, madeUpPast } from "../../../h264/access-units/made-up-past.js";
import { splitAnnexB } from "../../../h264/annex-b.js";
import { hasSliceHeader, NalUnitType } from "../../../h264/syntax/nal-unit.js";
import { ParameterSets } from "../../../h264/syntax/parameter-sets.js";
import { parseSliceHeader, type SliceHeader } from "../../../h264/syntax/slice-header.js";

/** The samples of the made-up past of the decoder whose pictures are shown, and of those beside it: apart enough to stay apart. */
const ownShade = 128;
const otherShades = [64, 192] as const;

/** Rounds in a row that may come to nothing before the next has to wait, and pictures that it waits at most. */
const mostInterrupted = 4;
const longestRest = 256;

/** The slices of an access unit and the SPS that they refer to. */
interface Coded {
  readonly slices: readonly SliceHeader[];
  readonly rawSps: Uint8Array;
}

/** What to do before a picture is decoded. */
export type Preparation =
  /** Decoders start anew, all of them, each with its past. */
  | { readonly start: "all"; readonly own: MadeUpPast; readonly others: readonly MadeUpPast[] }
  /** The decoder whose pictures are shown goes on; the others start anew. */
  | { readonly start: "others"; readonly others: readonly MadeUpPast[] }
  | { readonly start: "none" };

interface Round {
  /** True for the second: the own decoder's past is not made up, but what the first round came to. */
  readonly isSecond: boolean;
  /** max_num_ref_frames. */
  readonly depth: number;
  /** Reference pictures since the start. */
  references: number;
  /** Those of them, the latest ones, that were alike without a break. */
  alike: number;
  /** A reference picture was not alike and its loop filter on: see `GradualRefresh`. */
  mayHide: boolean;
}

/**
 * Finds out which pictures are whole in a stream without random access points: one whose macroblocks are intra coded in
 * turn (gradual refresh without SEI), or with I pictures that say nothing of what later pictures refer to.
 *
 * What came before is unknown. So decoders are given made-up pasts that differ in each sample: what all of them decode
 * alike depends on no past. Once as many reference pictures in a row are alike as the decoded picture buffer holds,
 * nothing that comes later can depend on one, and the wait is over.
 *
 * Only the loop filter can hide something. It smooths small steps only: where a right macroblock meets a wrong one, all
 * made-up pasts may leave it as it is, and the true one would not. So where that may have been, there is a second round: the
 * decoder of the first goes on, all but right, beside others with new pasts, so that now one of them filters as it should.
 *
 * Decoders and their pictures are the caller's. Not for fields, other than 8-bit 4:2:0, B pictures that others refer to, nor
 * for streams that mark their reference pictures themselves (8.2.5.4): which pictures they hold is then unknown too.
 */
export class GradualRefresh {
  /** Of a stream that cannot be followed. */
  #refused: SequenceFormat | undefined;
  #last: { readonly unit: AccessUnit; readonly coded: Coded | undefined } | undefined;
  #round: Round | undefined;
  /** Rounds that came to nothing, since one was over. */
  #interrupted = 0;
  /** Sequence number before which no round starts. */
  #restsUntil = 0;

  /**
   * True when the picture can be decoded with pasts made up. False for all of the stream once it did what cannot be followed, and
   * for a while after rounds that came to nothing: each of them costs several decoders.
   */
  canFollow(unit: AccessUnit): boolean {
    if (this.#refused === unit.format || unit.sequence < this.#restsUntil) return false;
    if (this.#last?.unit !== unit) this.#last = { unit, coded: readCoded(unit) };
    if (this.#last.coded) return true;
    this.#refused = unit.format;
    return false;
  }

  /**
   * To be asked before each picture.
   * @param unit one that `canFollow`
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
   * Takes what became of the picture that was prepared last.
   * @param alike all decoders decoded it without damage and to the same samples
   * @returns true when it is whole
   */
  judge(unit: AccessUnit, alike: boolean): boolean {
    const round = this.#round;
    if (!round || !this.canFollow(unit)) return false;
    const { slices } = this.#last!.coded!;
    // The lists of B pictures go by picture order count (8.2.4.2.3), which those of made-up pictures do not fit.
    const isAlike = alike && (unit.picture.type !== "B" || round.references >= round.depth);
    if (unit.picture.reference) {
      round.references++;
      round.alike = isAlike ? round.alike + 1 : 0;
      round.mayHide ||= !isAlike && slices.some(hasLoopFilter);
    }
    return isAlike && (round.isSecond || !round.mayHide);
  }

  /** True when nothing can depend on the past any more. */
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

  /** Something was lost, a random access point came, or the round is over: what was found out is of no use. */
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

/** Sliding window only (8.2.5.3), and no long-term reference picture. */
function leavesReferencesAlone(slice: SliceHeader): boolean {
  const { decRefPicMarking, refPicListModificationL0, refPicListModificationL1 } = slice;
  if (decRefPicMarking?.longTermReferenceFlag || decRefPicMarking?.operations.length) return false;
  const modifications = [...(refPicListModificationL0 ?? []), ...(refPicListModificationL1 ?? [])];
  return modifications.every(({ modificationOfPicNumsIdc }) => modificationOfPicNumsIdc < 2);
}

function hasLoopFilter({ disableDeblockingFilterIdc }: SliceHeader): boolean {
  return disableDeblockingFilterIdc !== 1;
}

import { joinAnnexB } from "../annex-b.js";
import type { NalUnit } from "../syntax/nal-unit.js";
import { ParameterSets } from "../syntax/parameter-sets.js";
import { isSameSequence } from "../syntax/same-sequence.js";
import type { SequenceParameterSet } from "../syntax/sequence-parameter-set.js";
import type { SliceHeader } from "../syntax/slice-header.js";

interface JoinedSets {
  /** `ParameterSets.revisionOf` its SPS. */
  readonly revision: number;
  readonly bytes: Uint8Array;
  readonly isComplete: boolean;
}

/**
 * The parameter sets of a stream, and which SPS is active. Only an IDR picture activates another
 * one (7.4.1.2.1), but senders change theirs anywhere.
 *
 * A new SPS that decodes alike waits for the next IDR picture, because decoders may drop all
 * references when they see it: FFmpeg does so at another sample aspect ratio. Any other new SPS
 * takes its place at once, and what comes after it refers to nothing before it.
 */
export class ActiveSets {
  readonly sets = new ParameterSets();
  /** By seq_parameter_set_id, in Annex B form. */
  readonly #joined = new Map<number, JoinedSets>();
  /** The SPS of the latest picture. */
  #active: SequenceParameterSet | undefined;

  /**
   * The active SPS and its PPSs in Annex B form (`ParameterSets.inUseWith`): what a decoder needs
   * that starts here. The same object until one of them changes.
   */
  get joined(): Uint8Array {
    const id = this.#active?.seqParameterSetId;
    if (id === undefined) return new Uint8Array();
    const revision = this.sets.revisionOf(id);
    const known = this.#joined.get(id);
    if (known?.revision === revision) return known.bytes;
    const { raw, isComplete } = this.sets.inUseWith(id);
    const bytes = joinAnnexB(raw);
    this.#joined.set(id, { revision, bytes, isComplete });
    return bytes;
  }

  /** gaps_in_frame_num_value_allowed_flag of the active SPS. */
  get allowsGaps(): boolean {
    return this.#active?.gapsInFrameNumValueAllowedFlag === true;
  }

  /**
   * Takes an SPS or a PPS.
   * @returns false when decoders must not see it yet
   * @throws BitstreamError if it is malformed, or without room
   */
  put(nal: NalUnit): boolean {
    return this.sets.put(nal, this.#active) !== "waiting";
  }

  /**
   * An IDR picture begins: puts SPSs in place that waited.
   * @returns all sets for the decoder if there were any. A decoder may forget the PPSs of a
   *   replaced SPS, so they are among them
   */
  takeUp(): readonly Uint8Array[] {
    if (!this.sets.takeUp()) return [];
    const { sps, pps } = this.sets.allRaw();
    return [...sps, ...pps];
  }

  /**
   * A picture begins.
   * @returns false if its SPS cannot follow that of the picture before
   */
  activate({ sps, idrPicFlag }: SliceHeader): boolean {
    const before = this.#active;
    this.#active = sps;
    // Other PPSs may be in use now.
    const id = sps.seqParameterSetId;
    if (idrPicFlag && this.#joined.get(id)?.isComplete === false) this.#joined.delete(id);
    return before === undefined || before === sps || idrPicFlag || isSameSequence(before, sps);
  }

  /** The next picture is the first of its sender. */
  endSequence(): void {
    this.#active = undefined;
    this.takeUp();
  }
}

import { joinAnnexB } from "../annex-b.js";
import type { NalUnit } from "../syntax/nal-unit.js";
import { ParameterSets } from "../syntax/parameter-sets.js";
import { isSameSequence } from "../syntax/same-sequence.js";
import type { SequenceParameterSet } from "../syntax/sequence-parameter-set.js";
import type { SliceHeader } from "../syntax/slice-header.js";

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
  #joined: Uint8Array | undefined;
  /** The SPS of the latest picture. */
  #active: SequenceParameterSet | undefined;

  /** All sets in place, in Annex B form; the same object until one changes. */
  get joined(): Uint8Array {
    this.#joined ??= joinAnnexB(this.#all);
    return this.#joined;
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
    const change = this.sets.put(nal, this.#active);
    if (change === "waiting") return false;
    // A decoder that starts at this access unit needs the sets within it, too.
    if (change !== "same") this.#joined = undefined;
    return true;
  }

  /**
   * An IDR picture begins: puts SPSs in place that waited.
   * @returns all sets for the decoder if there were any. A decoder may forget the PPSs of a
   *   replaced SPS, so they are among them
   */
  takeUp(): readonly Uint8Array[] {
    if (!this.sets.takeUp()) return [];
    this.#joined = undefined;
    return this.#all;
  }

  /**
   * A picture begins.
   * @returns false if its SPS cannot follow that of the picture before
   */
  activate({ sps, idrPicFlag }: SliceHeader): boolean {
    const before = this.#active;
    this.#active = sps;
    return before === undefined || before === sps || idrPicFlag || isSameSequence(before, sps);
  }

  /** The next picture is the first of its sender. */
  endSequence(): void {
    this.#active = undefined;
    this.takeUp();
  }

  get #all(): readonly Uint8Array[] {
    const { sps, pps } = this.sets.allRaw();
    return [...sps, ...pps];
  }
}

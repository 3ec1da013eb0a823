import { BitstreamError } from "../../core/errors.js";
import { RbspReader, removeEmulationPrevention } from "../syntax/rbsp-reader.js";
import { RbspWriter } from "../syntax/rbsp-writer.js";
import { readSequenceParameterSet, type SequenceParameterSet } from "../syntax/sequence-parameter-set.js";

/** What a bitstream_restriction states of reordering (E.2.1). */
export interface Reordering {
  /** max_num_reorder_frames. */
  readonly depth: number;
  /** max_dec_frame_buffering. */
  readonly buffering: number;
}

/** The values that a decoder infers without a bitstream_restriction (E.2.1). */
const inferred = {
  motionVectorsOverPicBoundariesFlag: true,
  maxBytesPerPicDenom: 2,
  maxBitsPerMbDenom: 1,
  log2MaxMvLengthHorizontal: 15,
  log2MaxMvLengthVertical: 15,
};

/**
 * Changes what a sequence parameter set states of reordering. All other bits stay.
 *
 * @param nal the NAL unit with its header byte and emulation prevention bytes
 * @param choose what it should state; undefined: what it states
 * @returns `nal` itself if there is nothing to change, or it cannot be read
 */
export function withReordering(
  nal: Uint8Array,
  choose: (sps: SequenceParameterSet) => Reordering | undefined,
): Uint8Array {
  const reader = new NotingReader(nal);
  try {
    const sps = readSequenceParameterSet(reader);
    const wanted = sps.warnings.length > 0 ? undefined : choose(sps);
    const restriction = sps.vui?.bitstreamRestriction;
    if (!wanted) return nal;
    const { depth, buffering } = wanted;
    if (restriction?.maxNumReorderFrames === depth && restriction.maxDecFrameBuffering === buffering)
      return nal;

    const rbsp = removeEmulationPrevention(nal);
    const writer = new RbspWriter();
    if (sps.vui) {
      writer.copy(rbsp, reader.offsetOf("bitstream_restriction_flag"));
    } else {
      writer.copy(rbsp, reader.offsetOf("vui_parameters_present_flag"));
      // No aspect ratio, overscan, video signal, chroma location, timing, HRDs, pic_struct (E.1.1).
      writer.flags(true, false, false, false, false, false, false, false, false);
    }
    const kept = restriction ?? inferred;
    writer.flags(true, kept.motionVectorsOverPicBoundariesFlag);
    writer.ue(kept.maxBytesPerPicDenom, kept.maxBitsPerMbDenom);
    writer.ue(kept.log2MaxMvLengthHorizontal, kept.log2MaxMvLengthVertical, depth, buffering);
    return writer.nalUnit(nal[0]!);
  } catch (error) {
    if (error instanceof BitstreamError) return nal;
    throw error;
  }
}

/** Remembers where each flag is. */
class NotingReader extends RbspReader {
  readonly #offsets = new Map<string, number>();

  override flag(element: string, clause: string): boolean {
    this.#offsets.set(element, this.bitOffset);
    return super.flag(element, clause);
  }

  offsetOf(element: string): number {
    return this.#offsets.get(element)!;
  }
}

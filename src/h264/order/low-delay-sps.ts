import { BitstreamError } from "../../core/errors.js";
import { RbspReader, removeEmulationPrevention } from "../syntax/rbsp-reader.js";
import { RbspWriter } from "../syntax/rbsp-writer.js";
import { readSequenceParameterSet, reorderDepth } from "../syntax/sequence-parameter-set.js";

/** The values that a decoder infers without a bitstream_restriction (E.2.1). */
const inferred = {
  motionVectorsOverPicBoundariesFlag: true,
  maxBytesPerPicDenom: 2,
  maxBitsPerMbDenom: 1,
  log2MaxMvLengthHorizontal: 15,
  log2MaxMvLengthVertical: 15,
};

/**
 * Corrects what a sequence parameter set states of reordering by what the pictures proved.
 *
 * - Pictures are not reordered, by the SPS or, if it says nothing, by the pictures:
 *   max_num_reorder_frames becomes 0, and max_dec_frame_buffering as small as the references allow.
 *   Otherwise some decoders fill their whole picture buffer before they give out a picture.
 * - Pictures were reordered by more than the SPS states: both become as large as that needs.
 *   Otherwise some decoders give pictures out in a wrong order, or drop them.
 *
 * All other bits stay, and so does a stated depth above 0 that may be true.
 *
 * @param nal the NAL unit with its header byte and emulation prevention bytes
 * @param seenDepth `ReorderEvidence.depth` of the stream
 * @returns `nal` itself if there is nothing to change, or it cannot be read
 */
export function lowDelaySps(nal: Uint8Array, seenDepth: number | undefined): Uint8Array {
  const reader = new NotingReader(nal);
  try {
    const sps = readSequenceParameterSet(reader);
    const restriction = sps.vui?.bitstreamRestriction;
    const stated = reorderDepth(sps);
    const depth = trueDepth(stated, seenDepth);
    const isTrue = depth === undefined || (depth > 0 && depth === stated);
    if (isTrue || sps.warnings.length > 0) return nal;
    const needed = Math.max(1, depth, sps.maxNumRefFrames);
    const buffering = depth === 0 ? needed : Math.max(needed, restriction?.maxDecFrameBuffering ?? 0);
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

/**
 * The reorder depth of a stream whose SPS may state it wrongly or not at all.
 *
 * @param stated by the SPS (`reorderDepth`)
 * @param seen `ReorderEvidence.depth`
 * @returns undefined while nothing bounds it but the DPB
 */
export function trueDepth(stated: number | undefined, seen: number | undefined): number | undefined {
  if (stated === undefined) return seen === 0 ? 0 : undefined;
  return Math.max(stated, seen ?? 0);
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

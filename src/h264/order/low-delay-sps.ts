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
 * Adds to a sequence parameter set the statement that pictures are not reordered, where that is
 * true. Without it, some decoders fill their whole picture buffer before they give out a picture.
 *
 * max_num_reorder_frames becomes 0, and max_dec_frame_buffering as small as the references allow.
 * The SPS must say that output order is decoding order, or say nothing while the pictures prove it.
 * All other bits stay, and so does a stated depth above 0.
 *
 * @param nal the NAL unit with its header byte and emulation prevention bytes
 * @param inOrder true if the pictures have proved that they come in output order
 *   (`ReorderEvidence`)
 * @returns `nal` itself if there is nothing to change, or it cannot be read
 */
export function lowDelaySps(nal: Uint8Array, inOrder: boolean): Uint8Array {
  const reader = new NotingReader(nal);
  try {
    const sps = readSequenceParameterSet(reader);
    const restriction = sps.vui?.bitstreamRestriction;
    const depth = reorderDepth(sps) ?? (inOrder ? 0 : undefined);
    if (depth !== 0 || sps.warnings.length > 0) return nal;
    const buffering = Math.max(1, sps.maxNumRefFrames);
    if (restriction?.maxNumReorderFrames === 0 && restriction.maxDecFrameBuffering === buffering) return nal;

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
    writer.ue(kept.log2MaxMvLengthHorizontal, kept.log2MaxMvLengthVertical, 0, buffering);
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

import { reorderDepth, type SequenceParameterSet } from "../syntax/sequence-parameter-set.js";
import { type Reordering, withReordering } from "./sps-reordering.js";

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
  return withReordering(nal, (sps) => provedReordering(sps, seenDepth));
}

function provedReordering(sps: SequenceParameterSet, seen: number | undefined): Reordering | undefined {
  const stated = reorderDepth(sps);
  if (stated === undefined && seen !== 0) return undefined;
  const depth = Math.max(stated ?? 0, seen ?? 0);
  const needed = Math.max(1, depth, sps.maxNumRefFrames);
  if (depth === 0) return { depth, buffering: needed };
  if (depth === stated) return undefined;
  return { depth, buffering: Math.max(needed, sps.vui?.bitstreamRestriction?.maxDecFrameBuffering ?? 0) };
}
